using System.Buffers.Binary;

namespace EdgeRecorder.Bytes;

/// <summary>Big-endian cursor over one complete message. Slices, never copies, never passes the end.</summary>
/// <exception cref="ProtocolException">Every read that does not fit; it names the field and its offset.</exception>
public ref struct ByteReader(ReadOnlySpan<byte> message, string protocol)
{
    private readonly ReadOnlySpan<byte> _message = message;

    public int Offset { get; private set; }
    public readonly int Remaining => _message.Length - Offset;

    public byte U8(string field) => Bytes(1, field)[0];
    public ushort U16(string field) => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2, field));
    public uint U24(string field) => Bytes(3, field) is var b ? (uint)(b[0] << 16 | b[1] << 8 | b[2]) : 0;
    public uint U32(string field) => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4, field));
    public ulong U64(string field) => BinaryPrimitives.ReadUInt64BigEndian(Bytes(8, field));
    public long I64(string field) => BinaryPrimitives.ReadInt64BigEndian(Bytes(8, field));
    public int I32(string field) => BinaryPrimitives.ReadInt32BigEndian(Bytes(4, field));
    public Guid Uuid(string field) => new(Bytes(16, field), bigEndian: true);

    /// <summary>The next <paramref name="count"/> bytes, not copied.</summary>
    public ReadOnlySpan<byte> Bytes(int count, string field)
    {
        if ((uint)count > (uint)(_message.Length - Offset))
            throw new ProtocolException(protocol, Offset, field, $"needs {count} bytes, {_message.Length - Offset} left");
        Offset += count;
        return _message.Slice(Offset - count, count);
    }

    /// <summary>All that is left.</summary>
    public ReadOnlySpan<byte> Rest() => Bytes(Remaining, "rest");
}
