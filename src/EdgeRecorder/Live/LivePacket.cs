using System.Buffers;
using System.Buffers.Binary;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Live;

/// <summary>
/// A fragment as the viewers of one variant get it, made once for all of them: a head of its own, and the payload where it lies.
/// <code>
/// prft  wall clock of the first picture           32 bytes, ours
/// moof  with the `traf` of other tracks renamed   copied, some hundred bytes
/// mdat  header | payload                          the fragment's own chunks
/// </code>
/// Counted by references like the fragment, on which it holds one.
/// </summary>
internal sealed class LivePacket
{
    /// <summary>Bytes of `prft` in front of `moof`.</summary>
    public const int ReferenceTimeLength = 32;

    private const long NtpEpochSeconds = 2_208_988_800;     // 1900-01-01 to 1970-01-01 (RFC 5905, 6)

    private readonly Fragment _fragment;
    private byte[] _head;
    private readonly int _headLength;
    private int _references = 1;

    private LivePacket(Fragment fragment, LiveFormat format, long utcUs, long duration90k, byte[] head, int headLength)
    {
        (_fragment, Format, UtcUs, Duration90k, _head, _headLength) = (fragment, format, utcUs, duration90k, head, headLength);
        fragment.AddReference();
    }

    public LiveFormat Format { get; }

    /// <summary>A decoder can start with it.</summary>
    public bool IsSync => _fragment.IsSync;
    public bool EndsGop => _fragment.EndsGop;
    public bool StartsRun => _fragment.StartsRun;
    public long MediaStart90k => _fragment.MediaStart90k;

    /// <summary>What its first track lasts; sound that came before its picture may end later.</summary>
    public long Duration90k { get; }
    public long MediaEnd90k => MediaStart90k + Duration90k;
    public long BoottimeUs => _fragment.BoottimeUs;

    /// <summary>Unix time of its first picture, microseconds.</summary>
    public long UtcUs { get; }

    /// <summary>`prft`, `moof` and the header of `mdat`.</summary>
    public ReadOnlyMemory<byte> Head => _head.AsMemory(0, _headLength);

    /// <summary>What follows <see cref="Head"/>.</summary>
    public ReadOnlySpan<Payload> Payloads => _fragment.Payloads;

    /// <summary>Bytes in all.</summary>
    public int Length => ReferenceTimeLength + _fragment.Length;

    /// <summary>Null when the fragment holds nothing of the variant's tracks.</summary>
    public static LivePacket? Make(Fragment fragment, LiveFormat format, long utcUs)
    {
        var length = ReferenceTimeLength + fragment.Head.Length;
        var head = ArrayPool<byte>.Shared.Rent(length);
        fragment.Head.Span.CopyTo(head.AsSpan(ReferenceTimeLength));
        if (!format.Selection.Apply(head.AsSpan(ReferenceTimeLength, fragment.Head.Length)))
        {
            ArrayPool<byte>.Shared.Return(head);
            return null;
        }
        var track = format.Selection.Init.Tracks[0];
        WriteReferenceTime(head, track.Id, utcUs, MediaTime.To(fragment.MediaStart90k, track.TimeScale));
        var own = MovieFragment.Parse(head.AsSpan(ReferenceTimeLength, fragment.Head.Length)).Tracks.FirstOrDefault(traf => traf.TrackId == track.Id);
        var duration90k = own is null ? 0 : MediaTime.From(own.End - own.DecodeTime, track.TimeScale);
        return new LivePacket(fragment, format, utcUs, duration90k, head, length);
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left > 0)
            return;
        if (left < 0)
            throw new InvalidOperationException("A packet was released more often than it was referenced.");
        ArrayPool<byte>.Shared.Return(_head);
        _head = [];
        _fragment.Release();
    }

    /// <summary>ProducerReferenceTimeBox, version 1 (ISO/IEC 14496-12, 8.16.5): track, NTP time stamp, media time in the track's time scale.</summary>
    private static void WriteReferenceTime(Span<byte> target, int trackId, long utcUs, long mediaTime)
    {
        var (seconds, us) = Math.DivRem(utcUs, 1_000_000);
        BinaryPrimitives.WriteUInt32BigEndian(target, ReferenceTimeLength);
        "prft"u8.CopyTo(target[4..]);
        BinaryPrimitives.WriteUInt32BigEndian(target[8..], 1u << 24);
        BinaryPrimitives.WriteUInt32BigEndian(target[12..], (uint)trackId);
        BinaryPrimitives.WriteUInt32BigEndian(target[16..], (uint)(seconds + NtpEpochSeconds));     // era 1 from 2036 on, as NTP itself
        BinaryPrimitives.WriteUInt32BigEndian(target[20..], (uint)((us << 32) / 1_000_000));
        BinaryPrimitives.WriteInt64BigEndian(target[24..], mediaTime);
    }
}
