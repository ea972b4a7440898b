using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Sip;

/// <summary>
/// Reads SIP messages (RFC 3261, section 7) as devices send them: lines may end with LF alone, names may be short, values may be folded. A message that comes out has Via, From, To, Call-ID
/// and CSeq that make sense, so nobody behind it has to ask.
/// </summary>
/// <exception cref="ProtocolException">No further byte could make sense of it; it names the field and its offset.</exception>
internal static class SipParser
{
    public const string Protocol = "SIP";
    public const int LargestHeader = 16 * 1024, LargestLine = 4 * 1024, MostHeaders = 100;
    public const int LargestDatagram = 64 * 1024;

    /// <summary>Bodies on a stream: of peers that are not known yet, and catalogs of 10,000 entries from those that are, which take 4 MB and more.</summary>
    public const int LargestBody = 64 * 1024, LargestKnownBody = 8 * 1024 * 1024;

    private const int LongestMethod = 32;
    private const int MostFold = 2048;

    /// <summary>One datagram is one message. Null where it is only an empty line or zeros: a keep-alive of the NAT binding.</summary>
    public static SipMessage? ParseDatagram(ReadOnlySpan<byte> datagram)
    {
        var start = 0;
        while (start < datagram.Length && datagram[start] is (byte)'\r' or (byte)'\n' or 0)
            start++;
        if (start == datagram.Length)
            return null;
        var end = HeaderBlock.EndOf(datagram[start..]);
        if (end < 0)
            throw new ProtocolException(Protocol, datagram.Length, "header", "has no end");
        var headers = ReadHead(datagram.Slice(start, end), start, out var line);
        var body = datagram[(start + end)..];
        // A length that is missing or too large means what is there; behind one that is too small stands what a device forgot to clear.
        if (ContentLength(headers, LargestDatagram) is { } length && length < body.Length)
            body = body[..length];
        return Make(line, headers, body);
    }

    /// <summary>The next message of a stream. False: wait for more.</summary>
    /// <param name="largestBody">What a body may have.</param>
    /// <param name="consumed">Bytes of the message; without one, empty lines in front of the next.</param>
    /// <param name="needed">Without a message: how many bytes there have to be before it is worth asking again.</param>
    public static bool TryRead(ReadOnlySpan<byte> input, int largestBody, out SipMessage? message, out int consumed, out int needed)
    {
        message = null;
        consumed = needed = 0;
        while (consumed < input.Length && input[consumed] is (byte)'\r' or (byte)'\n')
            consumed++;
        var rest = input[consumed..];
        CheckStart(rest, consumed);
        var end = HeaderBlock.EndOf(rest);
        if (end < 0)
        {
            if (rest.Length > LargestHeader)
                throw new ProtocolException(Protocol, consumed + LargestHeader, "header", $"is larger than {LargestHeader} bytes");
            return false;
        }
        var headers = ReadHead(rest[..end], consumed, out var line);
        var length = ContentLength(headers, largestBody)
            ?? throw new ProtocolException(Protocol, consumed + end, "Content-Length", "is missing on a stream");
        if (rest.Length - end < length)
        {
            needed = end + length;
            return false;
        }
        message = Make(line, headers, rest.Slice(end, length));
        consumed += end + length;
        return true;
    }

    /// <summary>A message begins with a method and a space or with "SIP/": garbage is known by its first bytes.</summary>
    private static void CheckStart(ReadOnlySpan<byte> rest, int offset)
    {
        for (var i = 0; i < Math.Min(rest.Length, LongestMethod); i++)
        {
            if (i > 0 && (rest[i] == ' ' || rest[i] == '/' && rest[..i].SequenceEqual("SIP"u8)))
                return;
            if (!HeaderText.IsToken((char)rest[i]))
                throw new ProtocolException(Protocol, offset + i, "start line", $"0x{rest[i]:X2} begins no message");
        }
        if (rest.Length >= LongestMethod)
            throw new ProtocolException(Protocol, offset, "start line", "the method is too long");
    }

    private static List<SipHeader> ReadHead(ReadOnlySpan<byte> head, int offset, out string startLine)
    {
        if (head.Length > LargestHeader)
            throw new ProtocolException(Protocol, offset + LargestHeader, "header", $"is larger than {LargestHeader} bytes");
        var headers = new List<SipHeader>(16);
        startLine = "";
        for (var at = 0; at < head.Length;)
        {
            var next = head[at..].IndexOf((byte)'\n') is >= 0 and var found ? at + found + 1 : head.Length;
            var line = head[at..next].TrimEnd("\r\n"u8);
            if (line.Length > LargestLine)
                throw new ProtocolException(Protocol, offset + at, "header line", $"is longer than {LargestLine} bytes");
            if (line.IndexOfAnyInRange((byte)0, (byte)8) >= 0 || line.IndexOfAnyInRange((byte)10, (byte)31) >= 0 || line.Contains((byte)0x7F))
                throw new ProtocolException(Protocol, offset + at, "header line", "holds a control character");
            if (at == 0)
                startLine = Encoding.Latin1.GetString(line);
            else if (line.Length > 0 && line[0] is (byte)' ' or (byte)'\t')
                Fold(headers, line, offset + at);
            else if (line.Length > 0)
                headers.Add(ReadLine(line, offset + at));
            if (headers.Count > MostHeaders)
                throw new ProtocolException(Protocol, offset + at, "header", $"has more than {MostHeaders} lines");
            at = next;
        }
        return headers;
    }

    private static void Fold(List<SipHeader> headers, ReadOnlySpan<byte> line, int offset)
    {
        if (headers.Count == 0)
            throw new ProtocolException(Protocol, offset, "header line", "is folded and the first");
        var (name, value, at) = headers[^1];
        if (value.Length > MostFold)
            throw new ProtocolException(Protocol, offset, name, $"is folded and longer than {MostFold} characters");
        headers[^1] = new(name, $"{value} {Encoding.Latin1.GetString(line).Trim()}".Trim(), at);
    }

    private static SipHeader ReadLine(ReadOnlySpan<byte> line, int offset)
    {
        var colon = line.IndexOf((byte)':');
        var name = colon <= 0 ? "" : Encoding.Latin1.GetString(line[..colon]).TrimEnd();
        if (!HeaderText.IsToken(name))
            throw new ProtocolException(Protocol, offset, "header line", "has no name");
        var value = line[(colon + 1)..];
        var trimmed = value.TrimStart(" \t"u8);
        return new(LongName(name), Encoding.Latin1.GetString(trimmed.TrimEnd(" \t"u8)), offset + colon + 1 + value.Length - trimmed.Length);
    }

    /// <summary>RFC 3261, 7.3.3 and the tables of the extensions.</summary>
    private static string LongName(string name) => name.Length != 1 ? name : (name[0] | 0x20) switch
    {
        'v' => "Via",
        'f' => "From",
        't' => "To",
        'i' => "Call-ID",
        'm' => "Contact",
        'l' => "Content-Length",
        'c' => "Content-Type",
        'e' => "Content-Encoding",
        's' => "Subject",
        'k' => "Supported",
        'o' => "Event",
        'u' => "Allow-Events",
        'r' => "Refer-To",
        _ => name,
    };

    private static int? ContentLength(List<SipHeader> headers, int largest)
    {
        int? length = null;
        foreach (var (name, value, offset) in headers)
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                if (!HeaderText.TryNumber(value, out var number) || number > largest)
                    throw new ProtocolException(Protocol, offset, name, $"is no number up to {largest}");
                if (length is { } other && other != number)
                    throw new ProtocolException(Protocol, offset, name, "is there twice and differs");
                length = number;
            }
        return length;
    }

    private static SipMessage Make(string line, List<SipHeader> headers, ReadOnlySpan<byte> body)
    {
        var message = ReadStartLine(line, body.ToArray());
        message.Headers.AddRange(headers);
        CheckSingle(headers);
        _ = (message.Via, message.From, message.To);
        if (message.CallId.Length == 0)
            throw new ProtocolException(Protocol, 0, "Call-ID", "is empty");
        if (message.IsRequest && !message.CSeq.Method.Equals(message.Method, StringComparison.OrdinalIgnoreCase))
            throw new ProtocolException(Protocol, 0, "CSeq", $"names {message.CSeq.Method} in a {message.Method}");
        foreach (var _ in message.All("Contact").Concat(message.All("Record-Route"))) { }
        return message;
    }

    private static SipMessage ReadStartLine(string line, byte[] body)
    {
        var parts = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length >= 2 && IsVersion(parts[0]))
            return parts[1].Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and < 700
                ? SipMessage.Response(status, parts.Length > 2 ? parts[2] : "", body)
                : throw new ProtocolException(Protocol, parts[0].Length + 1, "status", "is not three digits from 100 to 699");
        if (parts.Length != 3 || !IsVersion(parts[2].Trim()))
            throw new ProtocolException(Protocol, 0, "start line", "is not method, URI and SIP/2.0, nor SIP/2.0, status and reason");
        if (!HeaderText.IsToken(parts[0]) || parts[0].Length > LongestMethod)
            throw new ProtocolException(Protocol, 0, "method", "is no token");
        _ = SipUri.Parse(parts[1], "Request-URI", parts[0].Length + 1);
        return SipMessage.Request(parts[0].ToUpperInvariant(), parts[1], body);
    }

    private static bool IsVersion(string text) => text.Equals("SIP/2.0", StringComparison.OrdinalIgnoreCase);

    /// <summary>Two that differ would be read one way here and another way elsewhere.</summary>
    private static void CheckSingle(List<SipHeader> headers)
    {
        ReadOnlySpan<string> singles = ["From", "To", "Call-ID", "CSeq"];
        foreach (var single in singles)
        {
            string? first = null;
            foreach (var (name, value, offset) in headers)
                if (name.Equals(single, StringComparison.OrdinalIgnoreCase))
                {
                    if (first is not null && first != value)
                        throw new ProtocolException(Protocol, offset, single, "is there twice and differs");
                    first = value;
                }
        }
    }
}
