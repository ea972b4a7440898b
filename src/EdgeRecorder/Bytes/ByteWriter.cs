using System.Buffers.Binary;

namespace EdgeRecorder.Bytes;

/// <summary>Big-endian cursor over a span the caller sized. Its writes are the reads of <see cref="ByteReader"/>.</summary>
/// <exception cref="ArgumentOutOfRangeException">The span was sized too small: a fault of ours, not of a peer.</exception>
public ref struct ByteWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Offset { get; private set; }

    public void U8(byte value) => Take(1)[0] = value;
    public void U16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);
    public void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);
    public void U64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);
    public void I64(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(8), value);
    public void I32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);
    public void Uuid(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);
    public void Bytes(scoped ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));
    public void Zeros(int count) => Take(count).Clear();

    private Span<byte> Take(int count)
    {
        var slice = _target.Slice(Offset, count);
        Offset += count;
        return slice;
    }
}
