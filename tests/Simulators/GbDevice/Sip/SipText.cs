using System.Globalization;
using System.Text;

namespace EdgeRecorder.Simulators.GbDevice.Sip;

/// <summary>A SIP message (RFC 3261, 7): start line, header fields in their order, body.</summary>
internal sealed class SipText(string startLine)
{
    private const string Version = "SIP/2.0";

    private readonly List<(string Name, string Value)> _headers = [];

    public byte[] Body { get; set; } = [];
    public bool IsRequest => !startLine.StartsWith(Version, StringComparison.Ordinal);
    public string StartLine => startLine;
    public IReadOnlyList<(string Name, string Value)> Headers => _headers;

    /// <summary>Of a response that of its CSeq.</summary>
    public string Method => IsRequest ? startLine.Split(' ')[0] : this["CSeq"]?.Split(' ') is [_, var method] ? method : "";

    public string RequestUri => startLine.Split(' ')[1];

    /// <summary>0 of a request.</summary>
    public int Status => IsRequest ? 0 : int.Parse(startLine.Split(' ')[1], CultureInfo.InvariantCulture);

    public int CSeq => this["CSeq"]?.Split(' ') is [var number, _] ? int.Parse(number, CultureInfo.InvariantCulture) : 0;

    /// <summary>Of the topmost Via.</summary>
    public string Branch => Parameter(this["Via"], "branch") ?? "";

    public string CallId => this["Call-ID"] ?? "";

    /// <summary>The first of that name.</summary>
    public string? this[string name] => _headers.Find(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public IEnumerable<string> All(string name) => _headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);

    public SipText Add(string name, string value)
    {
        _headers.Add((name, value));
        return this;
    }

    public SipText With(string contentType, byte[] body)
    {
        Add("Content-Type", contentType);
        Body = body;
        return this;
    }

    /// <summary>What stands behind <c>;name=</c> in a field.</summary>
    public static string? Parameter(string? field, string name)
    {
        // Parameters of the URI stand inside <>, those of the field behind it.
        var behind = field?[(field.LastIndexOf('>') + 1)..];
        foreach (var part in behind?.Split(';').Skip(field!.Contains('>', StringComparison.Ordinal) ? 0 : 1) ?? [])
            if (part.Split('=', 2) is [var key, var value] && key.Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                return value.Trim();
        return null;
    }

    /// <summary>The URI of a name-addr: what stands between the angle brackets.</summary>
    public static string Uri(string field)
    {
        var open = field.IndexOf('<', StringComparison.Ordinal);
        var close = field.IndexOf('>', StringComparison.Ordinal);
        return open >= 0 && close > open ? field[(open + 1)..close] : field.Split(';')[0].Trim();
    }

    /// <summary>sip:USER@HOST</summary>
    public static string User(string uri) => uri.Split(':', 2) is [_, var rest] && rest.Split('@') is [var user, _] ? user : "";

    /// <param name="lengthError">Added to Content-Length; a fault.</param>
    /// <param name="compact">Names in their short forms (RFC 3261, 7.3.3).</param>
    public byte[] Write(int lengthError = 0, bool compact = false)
    {
        var text = new StringBuilder(startLine).Append("\r\n");
        foreach (var (name, value) in _headers)
            text.Append(compact ? Compact(name) : name).Append(": ").Append(value).Append("\r\n");
        text.Append(compact ? "l" : "Content-Length").Append(": ").Append(CultureInfo.InvariantCulture, $"{Math.Max(0, Body.Length + lengthError)}\r\n\r\n");
        return [.. Encoding.UTF8.GetBytes(text.ToString()), .. Body];
    }

    /// <summary>Reads one whole message. A platform writes long names, one field to a line, and says how long the body is.</summary>
    /// <exception cref="MalformedException">Something in it is not as RFC 3261 has it.</exception>
    public static SipText Read(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            throw new MalformedException("no empty line");
        var lines = Encoding.UTF8.GetString(bytes[..end]).Split("\r\n");
        var message = new SipText(lines[0]) { Body = bytes[(end + 4)..].ToArray() };
        foreach (var line in lines.AsSpan(1))
            if (line.Split(':', 2) is [var name, var value] && name.Length > 0 && !name.Contains(' ', StringComparison.Ordinal))
                message.Add(name, value.Trim());
            else
                throw new MalformedException($"no header field: {line}");
        message.Check();
        return message;
    }

    private void Check()
    {
        var words = startLine.Split(' ', 3);
        if (words.Length < 3 || (IsRequest ? words[2] : words[0]) != Version)
            throw new MalformedException($"start line: {startLine}");
        foreach (var name in (ReadOnlySpan<string>)["Via", "From", "To", "Call-ID", "CSeq"])
            if (string.IsNullOrEmpty(this[name]))
                throw new MalformedException($"no {name}");
        if (!Branch.StartsWith("z9hG4bK", StringComparison.Ordinal))
            throw new MalformedException($"branch without the cookie of RFC 3261, 8.1.1.7: {this["Via"]}");
        if (Parameter(this["From"], "tag") is null)
            throw new MalformedException("From without a tag");
        if (this["CSeq"]!.Split(' ') is not [var number, var method] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _) || (IsRequest && method != Method))
            throw new MalformedException($"CSeq {this["CSeq"]} of {startLine}");
        if (IsRequest && this["Max-Forwards"] is null)
            throw new MalformedException("a request without Max-Forwards");
        if (this["Content-Length"] is not { } length || length != Body.Length.ToString(CultureInfo.InvariantCulture))
            throw new MalformedException($"Content-Length {this["Content-Length"]} for {Body.Length} bytes");
        if (Body.Length > 0 && this["Content-Type"] is null)
            throw new MalformedException("a body without Content-Type");
    }

    private static string Compact(string name) => name switch
    {
        "Via" => "v",
        "From" => "f",
        "To" => "t",
        "Call-ID" => "i",
        "Contact" => "m",
        "Content-Type" => "c",
        "Subject" => "s",
        _ => name,
    };
}
