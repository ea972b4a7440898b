using System.Buffers.Binary;
using EdgeRecorder.Bytes;
using EdgeRecorder.Rtp;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>Whom a framer hands packets; none outlives the call.</summary>
internal interface IRtpSink
{
    void Packet(ReadOnlySpan<byte> packet, long nowUs);
}

/// <summary>
/// Cuts a TCP stream into RTP packets (RFC 4571: two bytes of length in front of each), and what some devices make of it: RTSP's '$', a channel and the length, or something private first. After
/// bytes that are no packet it searches for two in a row that fit each other, of the stream's SSRC once that is known.
/// </summary>
internal sealed class RtpFramer
{
    public const int MostSearched = 256 * 1024;
    private const string Protocol = "RTP over TCP";
    private const int Plain = 2, Interleaved = 4;           // bytes in front of a packet
    private const int ShortestReport = 8;
    private const int MostEmpty = 64;                       // RFC 4571, 2: a length of 0 is a packet that says nothing
    private const int MostLossesInPeriod = 16;
    private const long LossPeriodUs = 10_000_000;

    private readonly long[] _lostUs = new long[MostLossesInPeriod];
    private int _losses;
    private int _prefix;                                    // 0: not known
    private uint? _ssrc;                                    // of the last packet
    private bool _isLost;
    private int _searched;
    private int _empty;

    /// <summary>How often packets had to be searched for.</summary>
    public long Resyncs { get; private set; }

    /// <summary>Takes what there is; returns how many bytes are done with. The rest is to come again with more behind it.</summary>
    /// <exception cref="ProtocolException">This is no RTP, or too damaged to go on.</exception>
    public int Take(ReadOnlySpan<byte> input, long nowUs, IRtpSink sink)
    {
        for (var at = 0; ;)
        {
            var rest = input[at..];
            var found = _isLost || _prefix == 0 ? Detect(rest) : Whole(rest, _prefix, out _);
            switch (found)
            {
                case Finding.Wait:
                    return at;
                case Finding.Empty:
                    if (++_empty > MostEmpty)
                        throw new ProtocolException(Protocol, at, "length", $"is 0 more than {MostEmpty} times in a row");
                    at += _prefix;
                    break;
                case Finding.Packet:
                    Whole(rest, _prefix, out var length);
                    var packet = rest.Slice(_prefix, length);
                    (_searched, _empty) = (0, 0);
                    if (!Rtcp.IsControl(packet))
                        _ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
                    sink.Packet(packet, nowUs);
                    at += _prefix + length;
                    break;
                default:
                    if (!_isLost)
                        Lose(nowUs);
                    at++;
                    if (++_searched > MostSearched)
                        throw new ProtocolException(Protocol, at, "packet", $"none within {MostSearched} bytes");
                    break;
            }
        }
    }

    private enum Finding : byte { Wait, Packet, Empty, Nothing }

    /// <summary>One packet where one is expected.</summary>
    private Finding Whole(ReadOnlySpan<byte> bytes, int prefix, out int length)
    {
        var found = Look(bytes, prefix, out length);
        if (found != Finding.Packet)
            return found;
        if (bytes.Length < prefix + RtpPacket.FixedHeaderLength)
            return Finding.Wait;
        // Another SSRC is a device that began anew, or the middle of something: the packet behind it tells.
        if (IsOther(bytes[prefix..]))
        {
            if (bytes.Length < prefix + length + prefix + 1)
                return bytes.Length < prefix + length ? Finding.Wait : Finding.Packet;
            if (Look(bytes[(prefix + length)..], prefix, out _) == Finding.Nothing)
                return Finding.Nothing;
        }
        return bytes.Length < prefix + length ? Finding.Wait : Finding.Packet;
    }

    /// <summary>The first packet of a connection, or the first behind what was none: the one after it has to fit.</summary>
    private Finding Detect(ReadOnlySpan<byte> bytes)
    {
        var waits = false;
        foreach (var prefix in bytes.Length > 0 && bytes[0] == '$' ? (ReadOnlySpan<int>)[Interleaved, Plain] : [Plain])
        {
            if (_prefix != 0 && prefix != _prefix)
                continue;
            var found = Look(bytes, prefix, out var length);
            if (found == Finding.Packet && bytes.Length >= prefix + RtpPacket.FixedHeaderLength)
            {
                // A report shows too little of itself to be searched for: bytes of media look like one, with a length in front of them that would be waited for.
                if (IsOther(bytes[prefix..]) || _isLost && Rtcp.IsControl(bytes[prefix..]))
                    continue;
                if (bytes.Length < prefix + length)
                    waits = true;
                else if (Follows(bytes, prefix, length) is var next and not Finding.Nothing)
                {
                    // At the very beginning one packet is believed: there is nothing to find behind a sender that waits.
                    if (next == Finding.Packet || !_isLost)
                    {
                        (_prefix, _isLost) = (prefix, false);
                        return Finding.Packet;
                    }
                    waits = true;
                }
            }
            else if (found is Finding.Wait || found == Finding.Packet && bytes.Length < prefix + RtpPacket.FixedHeaderLength)
                waits = true;
        }
        return waits ? Finding.Wait : Finding.Nothing;
    }

    private static Finding Follows(ReadOnlySpan<byte> bytes, int prefix, int length, bool mayChange = true)
    {
        var next = bytes[(prefix + length)..];
        var found = Look(next, prefix, out var nextLength);
        if (found != Finding.Packet)
            return found == Finding.Empty ? Finding.Packet : found;
        if (next.Length < prefix + RtpPacket.FixedHeaderLength)
            return Finding.Wait;
        if (Rtcp.IsControl(next[prefix..]) || Rtcp.IsControl(bytes[prefix..]) || next.Slice(prefix + 8, 4).SequenceEqual(bytes.Slice(prefix + 8, 4)))
            return Finding.Packet;
        if (!mayChange)
            return Finding.Nothing;
        // A device that begins anew with another SSRC: then the one behind has that, too.
        return next.Length < prefix + nextLength ? Finding.Wait : Follows(next, prefix, nextLength, mayChange: false);
    }

    /// <summary>What the first bytes say.</summary>
    private static Finding Look(ReadOnlySpan<byte> bytes, int prefix, out int length)
    {
        length = 0;
        if (bytes.Length > 0 && prefix == Interleaved && bytes[0] != '$')
            return Finding.Nothing;
        if (bytes.Length < prefix)
            return Finding.Wait;
        length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(prefix - 2)..]);
        if (length == 0)
            return Finding.Empty;
        if (bytes.Length > prefix && bytes[prefix] >> 6 != 2)
            return Finding.Nothing;
        if (bytes.Length < prefix + 2)
            return Finding.Wait;
        return length >= (Rtcp.IsControl(bytes[prefix..]) ? ShortestReport : RtpPacket.FixedHeaderLength) ? Finding.Packet : Finding.Nothing;
    }

    private bool IsOther(ReadOnlySpan<byte> packet)
        => _ssrc is { } ssrc && !Rtcp.IsControl(packet) && BinaryPrimitives.ReadUInt32BigEndian(packet[8..]) != ssrc;

    private void Lose(long nowUs)
    {
        ref var oldest = ref _lostUs[_losses++ % MostLossesInPeriod];
        if (_losses > MostLossesInPeriod && nowUs - oldest < LossPeriodUs)
            throw new ProtocolException(Protocol, 0, "packet", $"none where one should begin, more than {MostLossesInPeriod} times in {LossPeriodUs / 1_000_000} s");
        oldest = nowUs;
        _isLost = true;
        Resyncs++;
    }
}
