using System.Buffers.Binary;
using System.Net;
using EdgeRecorder.Rtp;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>What is done with a packet.</summary>
internal enum Admission : byte
{
    Taken,

    /// <summary>Taken, and what came before is another source's.</summary>
    TakenAnew,

    Foreign,
    Malformed,

    /// <summary>RTCP on the port of RTP.</summary>
    Control,
}

/// <summary>
/// Decides whose packets are a session's. SSRCs are wrong or zero on many devices, so what counts is where a packet comes from: the first that is expected there is believed, and no
/// other while that one speaks.
/// </summary>
internal sealed class SourceGate(SsrcPolicy policy, long silenceUs)
{
    private const int OthersToFollow = 16;                  // packets of another SSRC in a row from the same place: the device has begun anew

    private MediaPeer? _peer;
    private object? _carrier;
    private long _lastUs;
    private int _others;

    /// <summary>Of the packets that are taken; null before the first.</summary>
    public uint? Ssrc { get; private set; }

    /// <summary>What was agreed on.</summary>
    public uint? ExpectedSsrc => _peer?.Ssrc;

    public bool IsOther => ExpectedSsrc is { } expected && Ssrc is { } found && expected != found;

    public void Expect(MediaPeer peer) => _peer = peer;

    /// <summary>Whether a connection from there may show what it has.</summary>
    public bool Knows(IPAddress address)
    {
        if (_peer is not { } peer)
            return false;
        foreach (var expected in peer.Addresses)
            if (expected.Equals(address))
                return true;
        return peer.Addresses.Count == 0;
    }

    /// <param name="carrier">The connection, or what stands for the address of a datagram; the same one each time.</param>
    public Admission Look(ReadOnlySpan<byte> packet, object carrier, IPAddress address, long nowUs)
    {
        if (packet.Length < 8 || packet[0] >> 6 != 2)
            return Admission.Malformed;
        if (Rtcp.IsControl(packet))
            return Admission.Control;
        if (packet.Length < RtpPacket.FixedHeaderLength)
            return Admission.Malformed;
        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
        var isExpected = _peer is { } peer && ssrc == peer.Ssrc;
        if (!Knows(address) || _peer!.Addresses.Count == 0 && _peer.Ssrc is not null && !isExpected || policy == SsrcPolicy.Strict && _peer.Ssrc is not null && !isExpected)
            return Admission.Foreign;
        if (carrier.Equals(_carrier))
        {
            if (ssrc == Ssrc || policy == SsrcPolicy.Ignore)
            {
                (_lastUs, _others, Ssrc) = (nowUs, 0, ssrc);
                return Admission.Taken;
            }
            if (++_others < OthersToFollow && !isExpected)
                return Admission.Foreign;
        }
        else if (_carrier is not null && nowUs - _lastUs < silenceUs)
            return Admission.Foreign;
        (_carrier, _lastUs, _others, Ssrc) = (carrier, nowUs, 0, ssrc);
        return Admission.TakenAnew;
    }

    /// <summary>The connection is gone: whoever comes next is not made to wait.</summary>
    public void Gone(object carrier)
    {
        if (carrier.Equals(_carrier))
            _carrier = null;
    }
}
