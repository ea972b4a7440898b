using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// Writes `ftyp` and `moov`:
/// <code>
/// ftyp  iso6, iso5, cmfc
/// moov  mvhd  trak(tkhd mdia(mdhd hdlr minf(vmhd|smhd dinf stbl(stsd stts stsc stsz stco))))…  mvex(mehd? trex…)
/// </code>
/// No edit list: media time runs on by itself (DESIGN section 4). `mehd` only where the whole length is known: in downloads.
/// </summary>
internal static class InitSegmentWriter
{
    private const int MovieTimeScale = 90_000;
    private const uint NotSync = 0x0101_0000;               // sample_depends_on 1, sample_is_non_sync_sample (8.8.3.1)
    private const uint Sync = 0x0200_0000;                  // sample_depends_on 2

    /// <param name="duration90k">Length of what follows, 0 when it is not known.</param>
    public static byte[] Write(IReadOnlyList<Track> tracks, ulong duration90k)
    {
        var room = 2048 + tracks.Sum(track => track.AudioSpecificConfig.Length + track.ParameterSets.Sum(set => set.Length + 8));
        var buffer = new byte[room];
        // Too large for a segment's header page: the sets stand in-band anyway.
        var length = Write(buffer, tracks, duration90k, withParameterSets: true);
        if (length > InitSegment.LongestBytes)
            length = Write(buffer, tracks, duration90k, withParameterSets: false);
        return buffer.AsSpan(0, length).ToArray();
    }

    private static int Write(Span<byte> target, IReadOnlyList<Track> tracks, ulong duration90k, bool withParameterSets)
    {
        var w = new BoxWriter(target);
        var ftyp = w.Open("ftyp"u8);
        w.Bytes("iso6"u8);
        w.U32(1);
        w.Bytes("iso6iso5cmfc"u8);
        w.Close(ftyp);
        var moov = w.Open("moov"u8);
        var mvhd = w.Open("mvhd"u8, 0, 0);
        w.Zeros(8);                                         // creation and modification: wall time is no business of the media
        w.U32(MovieTimeScale);
        w.U32(0);
        w.U32(0x0001_0000);                                 // rate 1.0
        w.U16(0x0100);                                      // volume 1.0
        w.Zeros(10);
        WriteMatrix(ref w);
        w.Zeros(24);
        w.U32(3);                                           // next_track_ID
        w.Close(mvhd);
        foreach (var track in tracks)
            WriteTrack(ref w, track, withParameterSets);
        var mvex = w.Open("mvex"u8);
        if (duration90k > 0)
        {
            var mehd = w.Open("mehd"u8, 1, 0);
            w.U64(duration90k);
            w.Close(mehd);
        }
        foreach (var track in tracks)
        {
            var trex = w.Open("trex"u8, 0, 0);
            w.U32((uint)track.Id);
            w.U32(1);                                       // default_sample_description_index
            w.U32(0);
            w.U32(0);
            w.U32(track.IsVideo ? NotSync : Sync);
            w.Close(trex);
        }
        w.Close(mvex);
        w.Close(moov);
        return w.Offset;
    }

    private static void WriteTrack(ref BoxWriter w, Track track, bool withParameterSets)
    {
        var trak = w.Open("trak"u8);
        var tkhd = w.Open("tkhd"u8, 0, 3);                  // enabled, in movie
        w.Zeros(8);
        w.U32((uint)track.Id);
        w.Zeros(4 + 4 + 8 + 4);                             // reserved, duration, reserved, layer and group
        w.U16((ushort)(track.IsVideo ? 0 : 0x0100));        // volume
        w.U16(0);
        WriteMatrix(ref w);
        w.U32((uint)track.Width << 16);
        w.U32((uint)track.Height << 16);
        w.Close(tkhd);

        var mdia = w.Open("mdia"u8);
        var mdhd = w.Open("mdhd"u8, 0, 0);
        w.Zeros(8);
        w.U32((uint)track.TimeScale);
        w.U32(0);
        w.U16(0x55C4);                                      // "und"
        w.U16(0);
        w.Close(mdhd);
        WriteHandler(ref w, track);

        var minf = w.Open("minf"u8);
        WriteMediaHeader(ref w, track);

        var stbl = w.Open("stbl"u8);
        var stsd = w.Open("stsd"u8, 0, 0);
        w.U32(1);
        SampleEntry.Write(ref w, track, withParameterSets);
        w.Close(stsd);
        WriteEmptyTable(ref w, "stts"u8, 1);
        WriteEmptyTable(ref w, "stsc"u8, 1);
        WriteEmptyTable(ref w, "stsz"u8, 2);
        WriteEmptyTable(ref w, "stco"u8, 1);
        w.Close(stbl);
        w.Close(minf);
        w.Close(mdia);
        w.Close(trak);
    }

    /// <summary>`hdlr`: what kind of track it is.</summary>
    public static void WriteHandler(ref BoxWriter w, Track track)
    {
        var hdlr = w.Open("hdlr"u8, 0, 0);
        w.U32(0);
        w.Bytes(track.IsVideo ? "vide"u8 : "soun"u8);
        w.Zeros(12);
        w.Bytes(track.IsVideo ? "Video\0"u8 : "Audio\0"u8);
        w.Close(hdlr);
    }

    /// <summary>`vmhd` or `smhd`, and `dinf`: the media lies in this file.</summary>
    public static void WriteMediaHeader(ref BoxWriter w, Track track)
    {
        var header = track.IsVideo ? w.Open("vmhd"u8, 0, 1) : w.Open("smhd"u8, 0, 0);
        w.Zeros(track.IsVideo ? 8 : 4);
        w.Close(header);
        var dinf = w.Open("dinf"u8);
        var dref = w.Open("dref"u8, 0, 0);
        w.U32(1);
        w.Close(w.Open("url "u8, 0, 1));                    // in this file
        w.Close(dref);
        w.Close(dinf);
    }

    private static void WriteEmptyTable(ref BoxWriter w, ReadOnlySpan<byte> type, int words)
    {
        var box = w.Open(type, 0, 0);
        w.Zeros(4 * words);
        w.Close(box);
    }

    /// <summary>No turn, no scale.</summary>
    public static void WriteMatrix(ref BoxWriter w)
    {
        w.U32(0x0001_0000);
        w.Zeros(12);
        w.U32(0x0001_0000);
        w.Zeros(12);
        w.U32(0x4000_0000);
    }
}
