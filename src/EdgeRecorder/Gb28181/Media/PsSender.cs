using EdgeRecorder.Media;
using EdgeRecorder.MpegPs;
using EdgeRecorder.Rtp;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>What carries RTP packets to a platform.</summary>
internal interface IRtpTransport : IDisposable
{
    /// <summary>Whether so many bytes would be taken now: a peer that does not read is not waited for.</summary>
    bool HasRoom(int bytes);

    /// <summary>One packet. Never waits.</summary>
    void Send(ReadOnlySpan<byte> packet);

    /// <summary>What was sent may go.</summary>
    void Flush();

    /// <summary>Until so many bytes would be taken: for a sender that can wait, as one of stored footage.</summary>
    Task RoomAsync(int bytes, CancellationToken stop) => Task.CompletedTask;

    /// <summary>Nothing arrives any more.</summary>
    bool HasEnded => false;
}

/// <summary>
/// Access units as a program stream over RTP (GB/T 28181-2022, C.1 and 4.3.6): packets of at most <see cref="LargestPayload"/> bytes, one time stamp for a unit, the marker on its last. Not
/// thread-safe.
/// </summary>
internal sealed class PsSender(Codec? video, Codec? audio, uint ssrc, IRtpTransport transport)
{
    public const int LargestPayload = 1400;

    private PsMuxer _muxer = new(video, audio);
    private readonly byte[] _packet = new byte[RtpPacket.FixedHeaderLength + LargestPayload];
    private ushort _sequence = (ushort)Random.Shared.Next();
    private bool _waiting = true;                           // for a sync sample
    private bool _isMissing;                                // because one before it was not taken

    public byte PayloadType { get; init; } = PayloadFormat.Ps.Type;

    public long Packets { get; private set; }

    /// <summary>Units that the transport had no room for, with those behind them that cannot be decoded then; not those before the first sync sample.</summary>
    public long Dropped { get; private set; }

    /// <summary>What comes has other tracks: a decoder begins anew with the next sync sample.</summary>
    public void Change(Codec? video, Codec? audio) => (_muxer, _waiting, _isMissing) = (new(video, audio), true, false);

    /// <param name="pts90k">Its time in 90 kHz. The payload stays the caller's.</param>
    /// <returns>Whether it went out.</returns>
    public bool Send(in AccessUnit unit, long pts90k)
    {
        if (unit.Track.IsVideo && _waiting && !unit.IsSync)
        {
            Dropped += _isMissing ? 1 : 0;
            return false;
        }
        var stream = _muxer.Write(unit, pts90k);
        if (!transport.HasRoom(stream.Length + (stream.Length / LargestPayload + 1) * (RtpPacket.FixedHeaderLength + 2)))
        {
            _waiting |= unit.Track.IsVideo;
            _isMissing |= unit.Track.IsVideo;
            Dropped++;
            return false;
        }
        if (unit.Track.IsVideo)
            _waiting = _isMissing = false;
        while (!stream.IsEmpty)
        {
            var payload = stream[..Math.Min(stream.Length, LargestPayload)];
            stream = stream[payload.Length..];
            var packet = new RtpPacket { Marker = stream.IsEmpty, PayloadType = PayloadType, Sequence = _sequence++, Timestamp = (uint)pts90k, Ssrc = ssrc, Payload = payload };
            transport.Send(_packet.AsSpan(0, packet.Write(_packet)));
            Packets++;
        }
        transport.Flush();
        return true;
    }
}
