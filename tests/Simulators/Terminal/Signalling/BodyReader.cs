using System.Buffers.Binary;
using System.Globalization;

namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>Reads fields of JT/T 808 in their order.</summary>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _left = body;

    public readonly int Left => _left.Length;

    public byte U8() => Bytes(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    public uint U32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64BigEndian(Bytes(8));

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _left.Length)
            throw new MalformedException($"{count} bytes expected, {_left.Length} left");
        var bytes = _left[..count];
        _left = _left[count..];
        return bytes;
    }

    public string Text(int count) => BodyWriter.Gbk.GetString(Bytes(count));

    /// <summary>A length byte, then so much text.</summary>
    public string CountedText() => Text(U8());

    /// <summary>BCD[6]; null for zeros, which leave the end open.</summary>
    public DateTime? Time()
    {
        var digits = Convert.ToHexString(Bytes(6));
        if (digits == "000000000000")
            return null;
        return DateTime.TryParseExact(digits, "yyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw new MalformedException($"{digits} is no time");
    }

    public readonly void End()
    {
        if (_left.Length > 0)
            throw new MalformedException($"{_left.Length} bytes too many");
    }
}
