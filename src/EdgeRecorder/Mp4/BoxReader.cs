using System.Buffers.Binary;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Mp4;

/// <summary>Walks the boxes that stand one behind the other in a span (ISO/IEC 14496-12, 4.2). Slices, never copies.</summary>
/// <param name="at">Offset of <paramref name="boxes"/> in the file or message, for error texts and <see cref="Box.Offset"/>.</param>
/// <exception cref="ProtocolException">A box's size does not fit; the message names its offset.</exception>
internal ref struct BoxReader(ReadOnlySpan<byte> boxes, int at = 0)
{
    public const string Protocol = "ISO/IEC 14496-12";
    private readonly ReadOnlySpan<byte> _boxes = boxes;
    private int _next;

    /// <summary>The next box; false at the end.</summary>
    public bool TryNext(out Box box)
    {
        box = default;
        if (_next == _boxes.Length)
            return false;
        var offset = at + _next;
        var left = _boxes[_next..];
        if (left.Length < 8)
            throw new ProtocolException(Protocol, offset, "box header", $"needs 8 bytes, {left.Length} left");
        ulong size = BinaryPrimitives.ReadUInt32BigEndian(left);
        var header = 8;
        if (size == 0)                                      // 4.2: to the end of the file
            size = (ulong)left.Length;
        else if (size == 1)
        {
            if (left.Length < 16)
                throw new ProtocolException(Protocol, offset, "largesize", $"needs 16 bytes, {left.Length} left");
            size = BinaryPrimitives.ReadUInt64BigEndian(left[8..]);
            header = 16;
        }
        if (size < (ulong)header || size > (ulong)left.Length)
            throw new ProtocolException(Protocol, offset, "size", $"{size} does not fit, {left.Length} bytes left");
        box = new Box(offset, header, left[..(int)size]);
        _next += (int)size;
        return true;
    }

    /// <summary>The first box of a type.</summary>
    /// <exception cref="ProtocolException">There is none.</exception>
    public static Box Find(ReadOnlySpan<byte> boxes, int at, ReadOnlySpan<byte> type)
    {
        if (TryFind(boxes, at, type, out var box))
            return box;
        throw new ProtocolException(Protocol, at, Encoding.Latin1.GetString(type), "box is missing");
    }

    public static bool TryFind(ReadOnlySpan<byte> boxes, int at, ReadOnlySpan<byte> type, out Box found)
    {
        var reader = new BoxReader(boxes, at);
        while (reader.TryNext(out found))
            if (found.Is(type))
                return true;
        return false;
    }
}

/// <summary>One box: its header and what it holds.</summary>
internal readonly ref struct Box(int offset, int headerLength, ReadOnlySpan<byte> bytes)
{
    /// <summary>The whole box.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>Where it begins, in what the reader was told its span is part of.</summary>
    public int Offset => offset;
    public int BodyOffset => offset + headerLength;
    public ReadOnlySpan<byte> Body => Bytes[headerLength..];
    public string Type => Encoding.Latin1.GetString(Bytes.Slice(4, 4));

    public bool Is(ReadOnlySpan<byte> type) => Bytes.Slice(4, 4).SequenceEqual(type);

    /// <summary>Cursor behind version and flags of a FullBox.</summary>
    public ByteReader Full(out byte version, out uint flags)
    {
        var reader = new ByteReader(Body, BoxReader.Protocol);
        version = reader.U8("version");
        flags = reader.U24("flags");
        return reader;
    }

    /// <summary>First box of a type among those it holds.</summary>
    public Box Child(ReadOnlySpan<byte> type) => BoxReader.Find(Body, BodyOffset, type);
}
