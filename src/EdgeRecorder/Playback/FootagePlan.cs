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
    private const int MostReferences = ushort.MaxValue;

    private readonly PlannedFragment[] _fragments;
    private readonly TrackSelection? _selection;
    private readonly int _audioTimeScale;

    /// <param name="init">As its first segment has it.</param>
    /// <param name="fragments">Durable ones in order; those in front of the first sync one, and behind a hole up to the next sync one, are left out.</param>
    /// <param name="lead90k">How much earlier than the first fragment's date its audio begins; the download begins with it.</param>
    public FootagePlan(InitSegment init, IReadOnlyList<FragmentRef> fragments, bool verbatim, long lead90k = 0)
    {
        Verbatim = verbatim;
        _audioTimeScale = init.Tracks.FirstOrDefault(track => !track.IsVideo)?.TimeScale ?? 90_000;
        var planned = new List<PlannedFragment>(fragments.Count);
        var (at, back, end) = (0L, 0L, 0L);
        var waitsForSync = true;
        foreach (var fragment in fragments)
        {
            var isHole = planned.Count > 0 && !MediaTime.RunsOn(end, fragment.MediaStart90k);
            waitsForSync = (waitsForSync || isHole) && !fragment.IsSync;
            if (waitsForSync)
                continue;
            back += planned.Count == 0 ? fragment.MediaStart90k - lead90k : isHole ? fragment.MediaStart90k - end : 0;
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

    /// <param name="records">As they lie in one segment: a media segment of a playlist. Times stay, there is no head.</param>
    /// <param name="selection">Null: all tracks.</param>
    public FootagePlan(IReadOnlyList<FragmentRef> records, TrackSelection? selection)
    {
        _selection = selection is { IsWhole: false } ? selection : null;
        _fragments = new PlannedFragment[records.Count];
        for (var i = 0; i < _fragments.Length; i++)
        {
            _fragments[i] = new PlannedFragment(records[i], Length, 0);
            Length += records[i].MediaLength;
            Duration90k += records[i].Duration90k;
        }
        Head = [];
    }

    /// <summary>Records go out whole, with the `uuid` in front.</summary>
    public bool Verbatim { get; }
    public byte[] Head { get; }
    public long Length { get; }
    public long Duration90k { get; }
    public ReadOnlySpan<PlannedFragment> Fragments => _fragments;

    /// <summary>True when a fragment's `moof` has to be gone over before it is sent.</summary>
    public bool IsDressed(int index) => !Verbatim && (_selection is not null || _fragments[index].Back90k != 0);

    /// <summary>Gives a fragment its new times and takes the tracks out that were not asked for, in place.</summary>
    /// <param name="media">The whole `moof`, and what there is of `mdat`.</param>
    public void Dress(Span<byte> media, int index)
    {
        if (_fragments[index].Back90k != 0)
            MovieFragment.Rebase(media, _fragments[index].Back90k, _audioTimeScale);
        if (_selection is null || _selection.Apply(media))
            return;
        // Nothing of it was asked for. The length is promised, so it stays as two `free` boxes: a `moof` without `traf` browsers refuse.
        var head = MovieFragment.HeadLength(media);
        "free"u8.CopyTo(media[4..]);
        "free"u8.CopyTo(media[(head + 4)..]);
    }

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
