using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>Puts fields of JT/T 808 one behind the other: big-endian numbers, BCD, GBK text.</summary>
internal sealed class BodyWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Code page 936, which the standard calls GBK.</summary>
    public static Encoding Gbk { get; } = RegisterGbk();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void U8(int value)
    {
        _bytes.GetSpan(1)[0] = checked((byte)value);
        _bytes.Advance(1);
    }

    public void U16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), checked((ushort)value));
        _bytes.Advance(2);
    }

    public void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    public void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void Bytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    public void Text(string text) => _bytes.Write(Gbk.GetBytes(text));

    /// <summary>Text in a field of fixed width, 00 behind it.</summary>
    public void Text(string text, int width)
    {
        var bytes = Gbk.GetBytes(text);
        if (bytes.Length > width)
            throw new UsageException($"'{text}' does not fit a field of {width} bytes");
        _bytes.Write(bytes);
        _bytes.Write(new byte[width - bytes.Length]);
    }

    public void Bcd(string digits, int width)
    {
        Span<byte> bytes = stackalloc byte[width];
        WriteBcd(digits, bytes);
        _bytes.Write(bytes);
    }

    /// <summary>BCD[6] YYMMDDhhmmss.</summary>
    public void Time(DateTime time) => Bcd(time.ToString("yyMMddHHmmss", CultureInfo.InvariantCulture), 6);

    public static void WriteBcd(string digits, Span<byte> target)
    {
        var padded = digits.PadLeft(2 * target.Length, '0');
        padded = padded[(padded.Length - 2 * target.Length)..];
        for (var i = 0; i < target.Length; i++)
            target[i] = byte.Parse(padded.AsSpan(2 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private static Encoding RegisterGbk()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(936);
    }
}
