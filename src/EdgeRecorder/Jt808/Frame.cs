using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>
/// Escaping and check byte: <c>7E | header | body | check | 7E</c>, between the delimiters 7E is written 7D 02 and 7D is 7D 01. The check is the XOR of header
/// and body before escaping, and is escaped itself.
/// </summary>
internal static class Frame
{
    /// <summary>Longest header, body and check byte.</summary>
    public const int LongestPlain = 21 + PlatformMessage.LargestBody + 1;

    /// <summary>Every byte escaped, and both delimiters.</summary>
    public const int LongestEscaped = 2 * LongestPlain + 2;

    private const byte Escape = 0x7D, EscapedDelimiter = 0x02, EscapedEscape = 0x01;

    /// <summary>Takes the escapes and the check byte away.</summary>
    /// <param name="buffer">Receives the message; at least <see cref="LongestPlain"/>.</param>
    /// <returns>Header and body, a slice of <paramref name="buffer"/>.</returns>
    /// <exception cref="ProtocolException">Too long, an escape that does not exist, or a wrong check byte.</exception>
    public static ReadOnlySpan<byte> Open(ReadOnlySpan<byte> escaped, Span<byte> buffer)
    {
        var length = 0;
        byte check = 0;
        for (var i = 0; i < escaped.Length; i++)
        {
            if (length == LongestPlain)
                throw new ProtocolException(TerminalMessage.Protocol, i, "frame", $"is longer than {LongestPlain} bytes");
            var value = escaped[i];
            if (value == Escape)
                value = (++i < escaped.Length ? escaped[i] : -1) switch
                {
                    EscapedDelimiter => FrameSplitter.Delimiter,
                    EscapedEscape => Escape,
                    _ => throw new ProtocolException(TerminalMessage.Protocol, i - 1, "escape", "7D is followed by neither 01 nor 02"),
                };
            check ^= value;
            buffer[length++] = value;
        }
        if (length == 0 || check != 0)                      // the check byte makes it all 0
            throw new ProtocolException(TerminalMessage.Protocol, length, "check", length == 0 ? "is missing" : $"is {buffer[length - 1]:X2}, not {check ^ buffer[length - 1]:X2}");
        return buffer[..(length - 1)];
    }

    /// <summary>Writes a whole frame, delimiters included.</summary>
    /// <param name="target">At least <see cref="LongestEscaped"/>.</param>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> target, TerminalHead head, ushort id, ushort serial, ReadOnlySpan<byte> body)
    {
        Span<byte> plain = stackalloc byte[LongestPlain];
        var writer = new ByteWriter(plain);
        head.Write(ref writer, id, serial, body.Length);
        writer.Bytes(body);
        byte check = 0;
        foreach (var value in plain[..writer.Offset])
            check ^= value;
        writer.U8(check);
        var length = 0;
        target[length++] = FrameSplitter.Delimiter;
        foreach (var value in plain[..writer.Offset])
            switch (value)
            {
                case FrameSplitter.Delimiter:
                    target[length++] = Escape;
                    target[length++] = EscapedDelimiter;
                    break;
                case Escape:
                    target[length++] = Escape;
                    target[length++] = EscapedEscape;
                    break;
                default:
                    target[length++] = value;
                    break;
            }
        target[length++] = FrameSplitter.Delimiter;
        return length;
    }
}

/// <summary>What our headers to a terminal repeat of its own: layout, version flag and byte, and the phone number as it pads it.</summary>
internal sealed class TerminalHead(HeaderLayout layout, bool hasVersionFlag, byte version, ReadOnlySpan<byte> phone)
{
    private readonly byte[] _phone = phone.ToArray();

    public HeaderLayout Layout => layout;

    public ReadOnlySpan<byte> Phone => _phone;

    public static TerminalHead Of(in TerminalMessage message) => new(message.Layout, message.HasVersionFlag, message.Version, message.Phone);

    /// <summary>Whether a message came under the same head, so that this one need not be made again.</summary>
    public bool IsOf(in TerminalMessage message)
        => message.Layout == layout && message.HasVersionFlag == hasVersionFlag && message.Version == version && message.Phone.SequenceEqual(_phone);

    public void Write(ref ByteWriter writer, ushort id, ushort serial, int bodyLength)
    {
        writer.U16(id);
        writer.U16((ushort)(bodyLength | (hasVersionFlag ? TerminalMessage.VersionFlag : 0)));
        if (layout == HeaderLayout.Jt2019)
            writer.U8(version);
        writer.Bytes(_phone);
        writer.U16(serial);
    }
}
