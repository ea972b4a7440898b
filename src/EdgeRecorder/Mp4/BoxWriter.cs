using System.Buffers.Binary;

namespace EdgeRecorder.Mp4;

/// <summary>Writes boxes (ISO/IEC 14496-12, 4.2) into a span the caller sized; a box's size is filled in when it is closed.</summary>
/// <exception cref="ArgumentOutOfRangeException">The span was sized too small: a fault of ours, not of a peer.</exception>
internal ref struct BoxWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Offset { get; private set; }

    /// <summary>Opens a box; returns its place for <see cref="Close"/>.</summary>
    public int Open(ReadOnlySpan<byte> type)
    {
        var box = Offset;
        U32(0);
        Bytes(type);
        return box;
    }

    /// <summary>Opens a FullBox (4.2): version and 24 bits of flags behind the header.</summary>
    public int Open(ReadOnlySpan<byte> type, byte version, uint flags)
    {
        var box = Open(type);
        U32((uint)version << 24 | flags);
        return box;
    }

    public readonly void Close(int box) => PutU32(box, (uint)(Offset - box));

    /// <summary>Fills in a field that was not known when its place was written.</summary>
    public readonly void PutU32(int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(_target[offset..], value);

    public void U8(byte value) => Take(1)[0] = value;
    public void U16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);
    public void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);
    public void U64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);
    public void I32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);
    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));
    public void Zeros(int count) => Take(count).Clear();

    private Span<byte> Take(int count)
    {
        var slice = _target.Slice(Offset, count);
        Offset += count;
        return slice;
    }
}
