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
/// `sidx` has an entry per stretch that begins with a sync sample, so players seek by Range instead of walking all `moof`; `mehd` tells them the length.
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
    public FootagePlan(InitSegment init, IReadOnlyList<FragmentRef> fragments, bool verbatim)
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
            back += planned.Count == 0 ? fragment.MediaStart90k : isHole ? jump : 0;
            end = isHole || planned.Count == 0 ? fragment.MediaStart90k + fragment.Duration90k : Math.Max(end, fragment.MediaStart90k + fragment.Duration90k);
            planned.Add(new PlannedFragment(fragment, at, back));
            at += verbatim ? fragment.Length : fragment.MediaLength;
        }
        _fragments = [.. planned];
        Duration90k = _fragments.Length == 0 ? 0 : end - back;
        Head = verbatim ? init.Bytes : [.. InitSegment.Build(init.Tracks, (ulong)Math.Max(1, Duration90k)).Bytes, .. SegmentIndex(init, at)];
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
    private byte[] SegmentIndex(InitSegment init, long mediaBytes)
    {
        var firsts = new List<int>();
        for (var i = 0; i < _fragments.Length; i++)
            if (_fragments[i].Ref.IsSync)
                firsts.Add(i);
        var stretch = (firsts.Count + MostReferences - 1) / MostReferences;
        if (stretch > 1)                                    // days: every n-th sync sample will do
            firsts = [.. firsts.Where((_, i) => i % stretch == 0)];
        var bytes = new byte[40 + 12 * firsts.Count];
        var w = new BoxWriter(bytes);
        var sidx = w.Open("sidx"u8, 1, 0);
        w.U32((uint)init.Tracks[0].Id);
        w.U32(90_000);
        w.U64(0);                                           // earliest_presentation_time
        w.U64(0);                                           // first_offset
        w.U16(0);
        w.U16((ushort)firsts.Count);
        for (var i = 0; i < firsts.Count; i++)
        {
            var last = i + 1 == firsts.Count;
            var first = _fragments[firsts[i]];
            var size = (last ? mediaBytes : _fragments[firsts[i + 1]].Start) - first.Start;
            if (size > int.MaxValue)
                return [];                                  // referenced_size has 31 bits; without the box players walk the fragments
            var end90k = last ? Duration90k : MediaStart(firsts[i + 1]);
            w.U32((uint)size);
            w.U32((uint)(end90k - MediaStart(firsts[i])));
            w.U32(0x9000_0000);                             // starts with SAP, type 1
        }
        w.Close(sidx);
        return bytes;
    }

    private long MediaStart(int i) => _fragments[i].Ref.MediaStart90k - _fragments[i].Back90k;
}
