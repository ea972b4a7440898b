using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Rtsp;

/// <summary>One thing out of the stream: an interleaved frame or, when <see cref="Message"/> is set, a message.</summary>
internal readonly ref struct RtspItem
{
    public RtspMessage? Message { get; init; }
    public byte Channel { get; init; }

    /// <summary>A slice of the network buffer.</summary>
    public ReadOnlySpan<byte> Frame { get; init; }
}

/// <summary>
/// Cuts a connection's bytes into messages and interleaved frames (RFC 2326, 10.12). There is no search for the next frame after garbage: what was
/// taken for a length would be media.
/// </summary>
internal static class RtspFramer
{
    public const int LargestHeader = 16 * 1024;
    public const int LargestBody = Sdp.SessionDescription.LargestBytes;
    private const string Protocol = "RTSP";
    private const int LongestMethod = 32;

    /// <summary>False: wait for more, nothing was consumed.</summary>
    /// <param name="consumed">Bytes of the item; also empty lines in front of a message.</param>
    /// <exception cref="ProtocolException">No further byte could make sense of it.</exception>
    public static bool TryRead(ReadOnlySpan<byte> input, out RtspItem item, out int consumed)
    {
        item = default;
        consumed = 0;
        if (input.IsEmpty)
            return false;
        return input[0] == '$' ? TryReadFrame(input, out item, out consumed) : TryReadMessage(input, out item, out consumed);
    }

    private static bool TryReadFrame(ReadOnlySpan<byte> input, out RtspItem item, out int consumed)
    {
        item = default;
        consumed = 0;
        if (input.Length < 4)
            return false;
        var length = 4 + (input[2] << 8 | input[3]);
        if (input.Length < length)
            return false;
        consumed = length;
        item = new() { Channel = input[1], Frame = input[4..length] };
        return true;
    }

    private static bool TryReadMessage(ReadOnlySpan<byte> input, out RtspItem item, out int consumed)
    {
        item = default;
        consumed = 0;
        var start = 0;                                      // some cameras send CRLF behind a body that they did not count
        while (start < input.Length && input[start] is (byte)'\r' or (byte)'\n')
            if (++start > 64)
                throw new ProtocolException(Protocol, start, "start line", "only empty lines");
        var rest = input[start..];
        if (!rest.IsEmpty && rest[0] == '$')
        {
            if (!TryReadFrame(rest, out item, out consumed))
                return false;
            consumed += start;
            return true;
        }
        CheckStart(rest, start);
        var end = HeaderBlock.EndOf(rest);
        if (end < 0 && rest.Length <= LargestHeader)
            return false;
        if (end is < 0 or > LargestHeader)
            throw new ProtocolException(Protocol, LargestHeader, "header", $"is larger than {LargestHeader} bytes");
        var lines = Encoding.UTF8.GetString(rest[..end]).Split('\n');
        var headers = ReadHeaders(lines);
        var length = ContentLength(headers);
        if (rest.Length - end < length)
            return false;
        var message = ReadStartLine(lines[0].TrimEnd('\r'), rest.Slice(end, length).ToArray());
        message.Headers.AddRange(headers);
        item = new() { Message = message };
        consumed = start + end + length;
        return true;
    }

    /// <summary>A message starts with a token and a space or, as a response, "RTSP/": garbage is known by its first bytes.</summary>
    private static void CheckStart(ReadOnlySpan<byte> rest, int offset)
    {
        for (var i = 0; i < Math.Min(rest.Length, LongestMethod); i++)
        {
            var value = rest[i];
            if (i > 0 && (value == ' ' || value == '/' && rest[..i].SequenceEqual("RTSP"u8)))
                return;
            if (!char.IsAsciiLetterUpper((char)value) && value != '_')
                throw new ProtocolException(Protocol, offset + i, "start line", $"0x{value:X2} starts neither a message nor a frame");
        }
        if (rest.Length >= LongestMethod)
            throw new ProtocolException(Protocol, offset, "start line", "the method is too long");
    }

    private static List<(string Name, string Value)> ReadHeaders(string[] lines)
    {
        var headers = new List<(string Name, string Value)>();
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            if (line.Length > 0 && line[0] is ' ' or '\t' && headers.Count > 0)
                headers[^1] = (headers[^1].Name, $"{headers[^1].Value} {line.Trim()}");     // folded
            else if (line.IndexOf(':') is > 0 and var colon)
                headers.Add((line[..colon].Trim(), line[(colon + 1)..].Trim()));
        }
        return headers;
    }

    private static int ContentLength(List<(string Name, string Value)> headers)
    {
        foreach (var (name, value) in headers)
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= LargestBody
                    ? length
                    : throw new ProtocolException(Protocol, 0, "Content-Length", $"must be at most {LargestBody}");
        return 0;
    }

    private static RtspMessage ReadStartLine(string line, byte[] body)
    {
        var words = line.Split(' ', 3);
        if (line.StartsWith("RTSP/", StringComparison.Ordinal))
        {
            if (words.Length < 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 100 or > 999)
                throw new ProtocolException(Protocol, 0, "status line", "has no status code");
            var reason = words.Length < 3 ? "" : new string([.. words[2].Where(c => !char.IsControl(c)).Take(80)]).Trim();
            return new() { Status = status, Reason = reason, Body = body };
        }
        if (words.Length < 3 || !words[2].StartsWith("RTSP/", StringComparison.Ordinal))
            throw new ProtocolException(Protocol, 0, "request line", "is not METHOD URI RTSP/1.0");
        return new() { Method = words[0], Uri = words[1], Body = body };
    }
}
