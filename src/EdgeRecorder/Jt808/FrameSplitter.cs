using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>Finds frames between delimiters 7E. One 7E may end a frame and begin the next; doubled ones hold nothing between them.</summary>
internal static class FrameSplitter
{
    public const byte Delimiter = 0x7E;

    /// <summary>Twice what the longest escaped frame has (2092 bytes): with no delimiter by then it is no terminal.</summary>
    public const int MostWithoutDelimiter = 4096;

    /// <summary>Gives the escaped bytes of the next frame.</summary>
    /// <param name="consumed">
    /// Bytes that are done with, also when there is no whole frame: garbage in front of the first delimiter. The delimiter that ends a frame is not
    /// consumed, so what is left begins with the start of the next.
    /// </param>
    /// <exception cref="ProtocolException">Too many bytes without a delimiter.</exception>
    public static bool TryRead(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame, out int consumed)
    {
        frame = default;
        consumed = input.IndexOf(Delimiter);
        if (consumed < 0)
        {
            consumed = input.Length;
            return false;
        }
        while (consumed + 1 < input.Length && input[consumed + 1] == Delimiter)
            consumed++;
        var inside = input[(consumed + 1)..];
        var length = inside.IndexOf(Delimiter);
        if (length < 0)
            return inside.Length <= MostWithoutDelimiter ? false : throw new ProtocolException(TerminalMessage.Protocol, consumed, "frame", $"no end within {inside.Length} bytes");
        frame = inside[..length];
        consumed += 1 + length;
        return true;
    }
}
