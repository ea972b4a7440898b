using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.GbDevice.Media;

/// <summary>Cuts what is sent at one instant into RTP packets and sends them as the faults will have it.</summary>
internal sealed class PacketSender(MediaLink link, StreamOptions options, Random random)
{
    private static readonly PacketBuffer _buffer = new();      // for the pacer's thread, which is the only one here

    private ushort _sequence = options.FirstSequence;
    private byte[]? _held;

    public long Sent { get; private set; }
    public long Dropped { get; private set; }

    /// <summary>The next packets are lost.</summary>
    public int DropOnce { get; set; }

    /// <summary>A pack, cut anywhere (RFC 2250, 2.1 would have it at its start codes; nobody does). True: some of it was lost on purpose.</summary>
    public bool Send(ReadOnlySpan<byte> pack, uint timestamp, Faults faults)
    {
        _buffer.Clear();
        var ssrc = Ssrc(faults);
        for (var at = 0; at < pack.Length; at += options.LargestPayload)
        {
            var part = pack[at..Math.Min(at + options.LargestPayload, pack.Length)];
            part.CopyTo(_buffer.Add(part.Length, options.PayloadType, !faults.NoMarker && at + part.Length == pack.Length, _sequence++, timestamp, ssrc));
        }
        return Send(faults);
    }

    /// <summary>A picture that was cut before.</summary>
    public bool Send(RtpTrack track, int index, uint timestamp, Faults faults)
    {
        _buffer.Clear();
        var ssrc = Ssrc(faults);
        var unit = track.Units[index];
        for (var i = unit.FirstPacket; i < unit.FirstPacket + unit.PacketCount; i++)
        {
            var packet = track.Wire.AsSpan((track.Packets[i] + RtpTrack.InterleavedHeader)..track.Packets[i + 1]);
            var payload = packet[RtpTrack.RtpHeader..];
            payload.CopyTo(_buffer.Add(payload.Length, options.PayloadType, !faults.NoMarker && (packet[1] & 0x80) != 0, _sequence++, timestamp, ssrc));
        }
        return Send(faults);
    }

    private uint Ssrc(Faults faults) => faults.Ssrc switch { SsrcFault.Wrong => options.Ssrc + 1, SsrcFault.Zero => 0, _ => options.Ssrc };

    private bool Send(Faults faults)
    {
        if (!faults.TouchesPackets && DropOnce == 0 && _held is null)
        {
            link.Send(_buffer);
            Sent += _buffer.Count;
            return false;
        }
        var isDamaged = false;
        for (var i = 0; i < _buffer.Count; i++)
        {
            var packet = _buffer[i];
            if (DropOnce > 0 || Falls(faults.Drop))
            {
                DropOnce = Math.Max(0, DropOnce - 1);
                Dropped++;
                isDamaged = true;
                continue;
            }
            if (_held is null && Falls(faults.Reorder))
            {
                _held = packet.ToArray();                      // behind its successor, which may be of the next picture
                continue;
            }
            SendOne(packet);
            if (Falls(faults.Duplicate))
                SendOne(packet);
            if (_held is null)
                continue;
            SendOne(_held);
            _held = null;
        }
        return isDamaged;
    }

    private void SendOne(ReadOnlySpan<byte> packet)
    {
        link.Send(packet);
        Sent++;
    }

    private bool Falls(int inThousand) => inThousand > 0 && random.Next(1000) < inThousand;
}
