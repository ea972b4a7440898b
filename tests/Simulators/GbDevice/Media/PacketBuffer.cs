using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.GbDevice.Media;

/// <summary>The RTP packets of one picture, each behind its length as TCP carries them (RFC 4571); UDP leaves the length out.</summary>
internal sealed class PacketBuffer
{
    public const int LengthBytes = 2;
    public const int RtpHeader = 12;

    private readonly List<int> _begins = [];
    private byte[] _bytes = new byte[128 * 1024];
    private int _end;

    public int Count => _begins.Count;

    /// <summary>All of them, as they lie.</summary>
    public ReadOnlySpan<byte> All => _bytes.AsSpan(0, _end);

    /// <summary>One, its length in front.</summary>
    public Span<byte> this[int index] => _bytes.AsSpan(_begins[index]..(index + 1 < _begins.Count ? _begins[index + 1] : _end));

    public void Clear()
    {
        _begins.Clear();
        _end = 0;
    }

    /// <summary>Adds a packet with an RTP header of version 2 whose payload is to be written.</summary>
    /// <returns>The payload.</returns>
    public Span<byte> Add(int payload, byte payloadType, bool marker, ushort sequence, uint timestamp, uint ssrc)
    {
        var size = LengthBytes + RtpHeader + payload;
        if (_end + size > _bytes.Length)
            Array.Resize(ref _bytes, 2 * (_end + size));
        var packet = _bytes.AsSpan(_end, size);
        _begins.Add(_end);
        _end += size;
        BinaryPrimitives.WriteUInt16BigEndian(packet, checked((ushort)(RtpHeader + payload)));
        packet[2] = 0x80;
        packet[3] = (byte)(marker ? payloadType | 0x80 : payloadType);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet[6..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet[10..], ssrc);
        return packet[(LengthBytes + RtpHeader)..];
    }
}
