using System.Globalization;
using System.Net;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Sip;

/// <summary>One Via value (RFC 3261, 20.42).</summary>
/// <param name="Port">0 where none stands there.</param>
internal sealed record SipVia(string Transport, string Host, int Port, SipParameters Parameters, string Text)
{
    /// <summary>Empty on devices that follow RFC 2543.</summary>
    public string Branch => Parameters["branch"] ?? "";

    /// <exception cref="ProtocolException">It is none.</exception>
    public static SipVia Parse(string text, string field, int offset)
    {
        var semicolon = text.IndexOf(';', StringComparison.Ordinal) is >= 0 and var found ? found : text.Length;
        var protocol = text.AsSpan(0, semicolon).Trim();
        var space = protocol.IndexOfAny(' ', '\t');
        if (space < 0)
            throw new ProtocolException(SipParser.Protocol, offset, field, "has no sent-by");
        var sent = protocol[..space].ToString().Split('/', StringSplitOptions.TrimEntries);
        if (sent.Length != 3 || !sent[0].Equals("SIP", StringComparison.OrdinalIgnoreCase) || sent[1] != "2.0" || !HeaderText.IsToken(sent[2]))
            throw new ProtocolException(SipParser.Protocol, offset, field, "does not begin with SIP/2.0 and a transport");
        var (host, port) = SipUri.HostPort(protocol[space..].ToString(), field, offset + space);
        return new(sent[2], host, port, SipParameters.Parse(text[semicolon..], field, offset + semicolon), text);
    }

    /// <summary>As it goes back: with the address that the request came from (RFC 3261, 18.2.1; RFC 3581, 4).</summary>
    public string Answered(IPEndPoint source)
    {
        var hasRport = Parameters.Has("rport");
        if (!hasRport && IPAddress.TryParse(Host.Trim('[', ']'), out var said) && said.Equals(source.Address))
            return Text;
        var parts = HeaderText.Split(Text, ';').Select(part => part.Text).Where(part => !IsParameter(part, "received")).ToList();
        var at = parts.FindIndex(part => IsParameter(part, "rport"));
        if (at > 0)
            parts[at] = string.Create(CultureInfo.InvariantCulture, $"rport={source.Port}");
        parts.Insert(at > 0 ? at + 1 : 1, $"received={source.Address}");
        return string.Join(';', parts);
    }

    private static bool IsParameter(string part, string name)
        => part.StartsWith(name, StringComparison.OrdinalIgnoreCase) && part[name.Length..].TrimStart() is "" or ['=', ..];
}
