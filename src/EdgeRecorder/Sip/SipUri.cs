using System.Globalization;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Sip;

/// <summary>A SIP or SIPS URI (RFC 3261, 19.1.1). Parts are as they were sent: nothing is unescaped.</summary>
/// <param name="Port">0 where none stands there.</param>
/// <param name="Rest">Parameters and headers, from the first ';' or '?' on.</param>
internal sealed record SipUri(string Scheme, string User, string Host, int Port, string Rest)
{
    private const int Longest = 512;

    public SipUri(string user, string host, int port = 0) : this("sip", user, host, port, "") { }

    public SipParameters Parameters => SipParameters.Parse(Rest.Split('?')[0], "URI", 0);

    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"{Scheme}:{User}{(User.Length > 0 ? "@" : "")}{Host}{(Port > 0 ? ":" : "")}{(Port > 0 ? Port.ToString(CultureInfo.InvariantCulture) : "")}{Rest}");

    /// <exception cref="ProtocolException">It is none.</exception>
    public static SipUri Parse(string text, string field, int offset)
    {
        if (text.Length > Longest)
            throw Wrong($"is longer than {Longest} characters");
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon < 0 ? "" : text[..colon];
        if (!scheme.Equals("sip", StringComparison.OrdinalIgnoreCase) && !scheme.Equals("sips", StringComparison.OrdinalIgnoreCase))
            throw Wrong("is no SIP URI");
        foreach (var c in text)
            if (c is <= ' ' or '<' or '>' or '"' or '\x7F')
                throw Wrong("holds a character that no URI has");
        var hostAt = text.IndexOf('@', colon) is >= 0 and var at ? at + 1 : colon + 1;
        var user = hostAt == colon + 1 ? "" : text[(colon + 1)..(hostAt - 1)];
        if (user.IndexOf(':', StringComparison.Ordinal) is >= 0 and var password)
            user = user[..password];                        // a password in a URI is not ours to keep
        var restAt = text.IndexOfAny([';', '?'], hostAt) is >= 0 and var rest ? rest : text.Length;
        var (host, port) = HostPort(text[hostAt..restAt], field, offset + hostAt);
        return new(scheme.ToLowerInvariant(), user, host, port, text[restAt..]);

        ProtocolException Wrong(string why) => new(SipParser.Protocol, offset, field, why);
    }

    /// <summary>host, host:port or [IPv6]:port.</summary>
    public static (string Host, int Port) HostPort(string text, string field, int offset)
    {
        text = text.Trim();
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? colon : text.Length;
        var host = text[..end].Trim();
        var tail = text[end..].Trim();
        if (host.Length == 0 || host.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or ':' or '[' or ']' or '%')))
            throw new ProtocolException(SipParser.Protocol, offset, field, "has no host");
        if (tail.Length == 0)
            return (host, 0);
        if (tail[0] != ':' || !HeaderText.TryNumber(tail.AsSpan(1), out var port) || port is < 1 or > 65535)
            throw new ProtocolException(SipParser.Protocol, offset + end, field, "the port is no port");
        return (host, port);
    }
}

/// <summary>A From, To, Contact or Route value: name-addr or addr-spec with parameters (RFC 3261, 20.10).</summary>
internal sealed record SipNameAddr(string DisplayName, SipUri Uri, SipParameters Parameters)
{
    public string? Tag => Parameters["tag"];

    /// <exception cref="ProtocolException">It is none.</exception>
    public static SipNameAddr Parse(string text, string field, int offset)
    {
        var open = HeaderText.IndexOf(text, '<');
        if (open < 0)
        {
            // Without brackets what stands behind a semicolon belongs to the header, not to the URI (RFC 3261, 20).
            var semicolon = text.IndexOf(';', StringComparison.Ordinal) is >= 0 and var found ? found : text.Length;
            return new("", SipUri.Parse(text[..semicolon].Trim(), field, offset), SipParameters.Parse(text[semicolon..], field, offset + semicolon));
        }
        var close = text.IndexOf('>', open);
        if (close < 0)
            throw new ProtocolException(SipParser.Protocol, offset + open, field, "the bracket is not closed");
        var rest = text[(close + 1)..].Trim();
        if (rest.Length > 0 && rest[0] != ';')
            throw new ProtocolException(SipParser.Protocol, offset + close + 1, field, "something stands behind the bracket");
        return new(text[..open].Trim().Trim('"'), SipUri.Parse(text[(open + 1)..close].Trim(), field, offset + open + 1), SipParameters.Parse(rest, field, offset + close + 1));
    }
}
