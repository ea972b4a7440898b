using System.Globalization;
using System.Text;

namespace EdgeRecorder.Mp4;

/// <summary>What a file says of itself.</summary>
internal sealed record MovieTags(string Title, string Comment);

/// <summary>
/// Writes the `moov` of a progressive MP4:
/// <code>
/// moov  mvhd  trak(tkhd edts(elst) mdia(mdhd hdlr minf(vmhd|smhd dinf stbl)))…  udta(meta(hdlr ilst(©nam ©cmt ©day)))
/// </code>
/// Times are 64 bits wide: a day of 90 kHz does not fit 32. The edit list makes players begin at an instant between sync samples.
/// </summary>
internal static class MovieHeader
{
    private const int MovieTimeScale = 90_000;
    private const long SecondsFrom1904To1970 = 2_082_844_800;

    /// <param name="begin90k">File time at which players begin.</param>
    /// <param name="beginUtcUs">When that was.</param>
    /// <param name="shift">How much further back in the file the chunks lie than the tracks say.</param>
    public static byte[] Write(IReadOnlyList<MovieTrack> tracks, long begin90k, long beginUtcUs, MovieTags tags, long shift = 0)
    {
        var room = 4096 + Encoding.UTF8.GetByteCount(tags.Title) + Encoding.UTF8.GetByteCount(tags.Comment)
            + tracks.Sum(track => 1024 + track.TableBytes + track.Format.AudioSpecificConfig.Length + 2 * track.Format.ParameterSets.Sum(set => set.Length + 8));
        var buffer = new byte[room];
        var w = new BoxWriter(buffer);
        var created = (ulong)Math.Max(0, beginUtcUs / 1_000_000 + SecondsFrom1904To1970);
        var moov = w.Open("moov"u8);
        var mvhd = w.Open("mvhd"u8, 1, 0);
        w.U64(created);
        w.U64(created);
        w.U32(MovieTimeScale);
        w.U64((ulong)tracks.Max(track => Shown90k(track, begin90k)));
        w.U32(0x0001_0000);                                 // rate 1.0
        w.U16(0x0100);                                      // volume 1.0
        w.Zeros(10);
        InitSegmentWriter.WriteMatrix(ref w);
        w.Zeros(24);
        w.U32(3);                                           // next_track_ID
        w.Close(mvhd);
        foreach (var track in tracks)
            WriteTrack(ref w, track, begin90k, created, shift);
        WriteTags(ref w, tags, beginUtcUs);
        w.Close(moov);
        return buffer.AsSpan(0, w.Offset).ToArray();
    }

    private static void WriteTrack(ref BoxWriter w, MovieTrack track, long begin90k, ulong created, long shift)
    {
        var format = track.Format;
        var trak = w.Open("trak"u8);
        var tkhd = w.Open("tkhd"u8, 1, 3);                  // enabled, in movie
        w.U64(created);
        w.U64(created);
        w.U32((uint)format.Id);
        w.U32(0);
        w.U64((ulong)Shown90k(track, begin90k));
        w.Zeros(8 + 4);                                     // reserved, layer and group
        w.U16((ushort)(format.IsVideo ? 0 : 0x0100));       // volume
        w.U16(0);
        InitSegmentWriter.WriteMatrix(ref w);
        w.U32((uint)format.Width << 16);
        w.U32((uint)format.Height << 16);
        w.Close(tkhd);
        WriteEdits(ref w, track, begin90k);

        var mdia = w.Open("mdia"u8);
        var mdhd = w.Open("mdhd"u8, 1, 0);
        w.U64(created);
        w.U64(created);
        w.U32((uint)format.TimeScale);
        w.U64((ulong)track.Length);
        w.U16(0x55C4);                                      // "und"
        w.U16(0);
        w.Close(mdhd);
        InitSegmentWriter.WriteHandler(ref w, format);
        var minf = w.Open("minf"u8);
        InitSegmentWriter.WriteMediaHeader(ref w, format);
        track.WriteTables(ref w, shift);
        w.Close(minf);
        w.Close(mdia);
        w.Close(trak);
    }

    /// <summary>`elst` (8.6.6): nothing until the track begins, where it begins later; then the media from that instant on.</summary>
    private static void WriteEdits(ref BoxWriter w, MovieTrack track, long begin90k)
    {
        var begin = MediaTime.To(begin90k, track.Format.TimeScale);
        var late = Math.Max(0, track.FirstShown - begin);
        var edts = w.Open("edts"u8);
        var elst = w.Open("elst"u8, 1, 0);
        w.U32(late > 0 ? 2u : 1u);
        if (late > 0)
        {
            w.U64((ulong)MediaTime.From(late, track.Format.TimeScale));
            w.U64(ulong.MaxValue);                          // -1: empty
            w.U32(0x0001_0000);
        }
        var from = Math.Max(begin, track.FirstShown);
        w.U64((ulong)Math.Max(0, MediaTime.From(track.EndTime - from, track.Format.TimeScale)));
        w.U64((ulong)(from - track.StartTime));
        w.U32(0x0001_0000);                                 // media_rate 1.0
        w.Close(elst);
        w.Close(edts);
    }

    /// <summary>From where players begin to where the track ends.</summary>
    private static long Shown90k(MovieTrack track, long begin90k) => Math.Max(0, MediaTime.From(track.EndTime, track.Format.TimeScale) - begin90k);

    /// <summary>Text as iTunes keeps it, which ffmpeg, GStreamer and players read: `meta` with a handler `mdir`, a `data` box (type 1: UTF-8) in each.</summary>
    private static void WriteTags(ref BoxWriter w, MovieTags tags, long beginUtcUs)
    {
        var udta = w.Open("udta"u8);
        var meta = w.Open("meta"u8, 0, 0);
        var hdlr = w.Open("hdlr"u8, 0, 0);
        w.U32(0);
        w.Bytes("mdirappl"u8);
        w.Zeros(9);
        w.Close(hdlr);
        var ilst = w.Open("ilst"u8);
        WriteTag(ref w, [0xA9, (byte)'n', (byte)'a', (byte)'m'], tags.Title);
        WriteTag(ref w, [0xA9, (byte)'c', (byte)'m', (byte)'t'], tags.Comment);
        WriteTag(ref w, [0xA9, (byte)'d', (byte)'a', (byte)'y'], DateTime.UnixEpoch.AddMicroseconds(beginUtcUs).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        w.Close(ilst);
        w.Close(meta);
        w.Close(udta);
    }

    private static void WriteTag(ref BoxWriter w, ReadOnlySpan<byte> type, string text)
    {
        if (text.Length == 0)
            return;
        var tag = w.Open(type);
        var data = w.Open("data"u8);
        w.U32(1);
        w.U32(0);                                           // no country, no language
        w.Bytes(Encoding.UTF8.GetBytes(text));
        w.Close(data);
        w.Close(tag);
    }
}
