using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>A fragment in a download.</summary>
/// <param name="Start">Its first byte, from the first byte of the download.</param>
/// <param name="Back90k">How far its decode times move back: what lies before the download, and holes inside.</param>
internal readonly record struct PlannedFragment(FragmentRef Ref, long Start, long Back90k);

/// <summary>
/// Every byte of a download, known before any footage is read: head, then fragment after fragment.
/// <code>
/// ftyp moov(… mvex(mehd trex…)) sidx | moof mdat | moof mdat | …        re-based
/// ftyp moov                          | uuid moof mdat | …               verbatim
/// </code>
/// `sidx` has an entry per fragment (behind a seek ffmpeg reads one fragment per entry and loses the last one's others), so players seek by Range
/// instead of walking all `moof`; `mehd` tells them the length.
/// </summary>
internal sealed class FootagePlan
{
    /// <summary>Seams are exact, so this only has to be more than a rounding and less than a frame.</summary>
    private const long Hole90k = 900;
    private const long Back90k = 90_000;
    private const int MostReferences = ushort.MaxValue;

    private readonly PlannedFragment[] _fragments;

    /// <param name="init">As its first segment has it.</param>
    /// <param name="fragments">Durable ones in order; those in front of the first sync one, and behind a hole up to the next sync one, are left out.</param>
    /// <param name="lead90k">How much earlier than the first fragment's date its audio begins; the download begins with it.</param>
    public FootagePlan(InitSegment init, IReadOnlyList<FragmentRef> fragments, bool verbatim, long lead90k = 0)
    {
        Verbatim = verbatim;
        AudioTimeScale = init.Tracks.FirstOrDefault(track => !track.IsVideo)?.TimeScale ?? 90_000;
        var planned = new List<PlannedFragment>(fragments.Count);
        var (at, back, end) = (0L, 0L, 0L);
        var waitsForSync = true;
        foreach (var fragment in fragments)
        {
            var jump = fragment.MediaStart90k - end;
            var isHole = planned.Count > 0 && (jump > Hole90k || jump < -Back90k);
            waitsForSync = (waitsForSync || isHole) && !fragment.IsSync;
            if (waitsForSync)
                continue;
            back += planned.Count == 0 ? fragment.MediaStart90k - lead90k : isHole ? jump : 0;
            end = isHole || planned.Count == 0 ? fragment.MediaStart90k + fragment.Duration90k : Math.Max(end, fragment.MediaStart90k + fragment.Duration90k);
            planned.Add(new PlannedFragment(fragment, at, back));
            at += verbatim ? fragment.Length : fragment.MediaLength;
        }
        _fragments = [.. planned];
        Duration90k = _fragments.Length == 0 ? 0 : end - back;
        Head = verbatim ? init.Bytes : [.. InitSegment.Build(init.Tracks, (ulong)Math.Max(1, Duration90k)).Bytes, .. SegmentIndex(init)];
        for (var i = 0; i < _fragments.Length; i++)
            _fragments[i] = _fragments[i] with { Start = _fragments[i].Start + Head.Length };
        Length = Head.Length + at;
    }

    public bool Verbatim { get; }
    public int AudioTimeScale { get; }
    public byte[] Head { get; }
    public long Length { get; }
    public long Duration90k { get; }
    public ReadOnlySpan<PlannedFragment> Fragments => _fragments;

    /// <summary>Which fragment holds a byte behind the head.</summary>
    public int IndexOf(long offset)
    {
        var (low, high) = (0, _fragments.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_fragments[middle].Start <= offset)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    /// <summary>Names the bytes: which records in which generations, and how they are dressed.</summary>
    public string EntityTag()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Head);
        Span<byte> place = stackalloc byte[20];
        foreach (var fragment in _fragments)
        {
            BinaryPrimitives.WriteInt64BigEndian(place, fragment.Ref.Generation);
            BinaryPrimitives.WriteInt32BigEndian(place[8..], fragment.Ref.Segment);
            BinaryPrimitives.WriteInt32BigEndian(place[12..], fragment.Ref.Offset);
            BinaryPrimitives.WriteInt32BigEndian(place[16..], fragment.Ref.Length);
            hash.AppendData(place);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 12));
    }

    /// <summary>SegmentIndexBox (ISO/IEC 14496-12, 8.16.3), one level, right behind `moov`, covering all that follows.</summary>
    private byte[] SegmentIndex(InitSegment init)
    {
        if (_fragments.Length > MostReferences)
            return [];                                      // over half a day: players walk the fragments
        var timeScale = init.Tracks[0].TimeScale;           // ffmpeg reads durations in the track's, whatever the box says
        var bytes = new byte[40 + 12 * _fragments.Length];
        var w = new BoxWriter(bytes);
        var sidx = w.Open("sidx"u8, 1, 0);
        w.U32((uint)init.Tracks[0].Id);
        w.U32((uint)timeScale);
        w.U64(0);                                           // earliest_presentation_time
        w.U64(0);                                           // first_offset
        w.U16(0);
        w.U16((ushort)_fragments.Length);
        for (var i = 0; i < _fragments.Length; i++)
        {
            var last = i + 1 == _fragments.Length;
            var end90k = last ? Duration90k : MediaStart(i + 1);
            var start90k = i == 0 ? 0 : MediaStart(i);
            w.U32((uint)_fragments[i].Ref.MediaLength);
            w.U32((uint)(MediaTime.To(end90k, timeScale) - MediaTime.To(start90k, timeScale)));
            w.U32(_fragments[i].Ref.IsSync ? 0x9000_0000 : 0);     // starts with SAP, type 1
        }
        w.Close(sidx);
        return bytes;
    }

    private long MediaStart(int i) => _fragments[i].Ref.MediaStart90k - _fragments[i].Back90k;
}
