using System.Buffers;
using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.Clips;

/// <summary>Lays packets one behind the other in the form that <see cref="RtpTrack"/> describes.</summary>
internal sealed class RtpTrackBuilder(byte payloadType)
{
    private readonly ArrayBufferWriter<byte> _wire = new();
    private readonly List<int> _packets = [];
    private readonly List<RtpUnit> _units = [];
    private int _unitOffset;
    private int _unitFirstPacket;

    /// <summary>Adds a packet whose payload is <paramref name="head"/> followed by <paramref name="body"/>.</summary>
    public void Packet(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, bool marker)
    {
        Span<byte> header = stackalloc byte[RtpTrack.InterleavedHeader + RtpTrack.RtpHeader];
        header.Clear();
        header[0] = (byte)'$';
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], checked((ushort)(RtpTrack.RtpHeader + head.Length + body.Length)));
        header[4] = 0x80;                                      // version 2, no padding, no extension, no CSRC
        header[5] = (byte)(marker ? payloadType | 0x80 : payloadType);
        _packets.Add(_wire.WrittenCount);
        _wire.Write(header);
        _wire.Write(head);
        _wire.Write(body);
    }

    /// <summary>Ends a unit: it takes all packets since the last one.</summary>
    public void Unit(int presentationShift, bool isSync, int mediaBytes)
    {
        _units.Add(new RtpUnit(
            _unitOffset, _wire.WrittenCount - _unitOffset, _unitFirstPacket, _packets.Count - _unitFirstPacket, presentationShift, isSync, mediaBytes));
        _unitOffset = _wire.WrittenCount;
        _unitFirstPacket = _packets.Count;
    }

    public RtpTrack Build(TrackFormat format) => new(format, _wire.WrittenSpan.ToArray(), [.. _packets, _wire.WrittenCount], [.. _units]);
}
