using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Sip;

/// <summary>One header line, unfolded, under its long name.</summary>
/// <param name="Offset">Of the value inside the message, from 0; 0 in messages of ours.</param>
internal readonly record struct SipHeader(string Name, string Value, int Offset = 0);

/// <summary>CSeq (RFC 3261, 20.16).</summary>
internal readonly record struct CSeq(uint Number, string Method);

/// <summary>
/// A request or a response of SIP 2.0 (RFC 3261, section 7). Header values are Latin-1, so that every byte that came goes back as it came: devices put GB2312 into display names.
/// The typed headers of a message that <see cref="SipParser"/> read are right; they were looked at.
/// </summary>
internal sealed class SipMessage
{
    private SipVia? _via;
    private SipNameAddr? _from, _to;
    private CSeq? _cseq;

    private SipMessage(int status, string reason, string method, string uri) => (Status, Reason, Method, RequestUri) = (status, reason, method, uri);

    /// <summary>0 for a request.</summary>
    public int Status { get; }
    public string Reason { get; }

    /// <summary>Empty for a response; its method stands in <see cref="CSeq"/>.</summary>
    public string Method { get; }

    /// <summary>As sent: devices write their server's ID, its domain or its address, and it decides nothing.</summary>
    public string RequestUri { get; }
    public List<SipHeader> Headers { get; } = [];
    public ReadOnlyMemory<byte> Body { get; init; }

    public bool IsRequest => Status == 0;
    public bool IsProvisional => Status is >= 100 and < 200;
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Made here because nothing came: 408 after the last retransmission, 503 when the way was gone (RFC 3261, 8.1.3.1).</summary>
    public bool IsMadeHere { get; init; }

    public SipVia Via => _via ??= First("Via") is { } header && HeaderText.Split(header.Value, ',').FirstOrDefault() is { Text: { } text } top
        ? SipVia.Parse(text, "Via", header.Offset + top.Offset)
        : throw Missing("Via");

    public SipNameAddr From => _from ??= Address("From");
    public SipNameAddr To => _to ??= Address("To");
    public string CallId => First("Call-ID")?.Value ?? throw Missing("Call-ID");
    public CSeq CSeq => _cseq ??= ReadCSeq();
    public string? ContentType => this["Content-Type"];

    /// <summary>"*": all bindings are meant.</summary>
    public bool IsContactStar => this["Contact"] is "*";

    public IEnumerable<SipNameAddr> Contacts => All("Contact");

    /// <summary>The header, else the parameter of the first Contact; null where neither stands or makes sense.</summary>
    public int? ExpiresSeconds
        => HeaderText.TryNumber(this["Expires"], out var header) ? header
            : !IsContactStar && HeaderText.TryNumber(Contacts.FirstOrDefault()?.Parameters["expires"], out var parameter) ? parameter : null;

    /// <summary>The first header of that name; null where there is none.</summary>
    public string? this[string name] => First(name)?.Value;

    public static SipMessage Request(string method, string uri, ReadOnlyMemory<byte> body = default) => new(0, "", method, uri) { Body = body };

    public static SipMessage Response(int status, string? reason = null, ReadOnlyMemory<byte> body = default) => new(status, reason ?? SipReasons.Of(status), "", "") { Body = body };

    public static SipMessage MadeHereResponse(int status) => new(status, SipReasons.Of(status), "", "") { IsMadeHere = true };

    /// <summary>Every value of a header that holds a list, whether in one line or in several.</summary>
    public IEnumerable<SipNameAddr> All(string name)
    {
        foreach (var header in Headers)
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                foreach (var (text, offset) in HeaderText.Split(header.Value, ','))
                    if (text != "*")
                        yield return SipNameAddr.Parse(text, name, header.Offset + offset);
    }

    public IEnumerable<string> Values(string name) => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    /// <exception cref="ArgumentException">A value of ours holds a line end.</exception>
    public SipMessage With(string name, string value)
    {
        if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
            throw new ArgumentException($"{name} holds a line end");
        Headers.Add(new(name, value));
        return this;
    }

    /// <summary>The bytes on the wire. Content-Length is that of the body and stands last.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder(512);
        if (IsRequest)
            text.Append(Method).Append(' ').Append(RequestUri).Append(" SIP/2.0\r\n");
        else
            text.Append(CultureInfo.InvariantCulture, $"SIP/2.0 {Status} {Reason}\r\n");
        foreach (var (name, value, _) in Headers)
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n\r\n");
        var bytes = new byte[text.Length + Body.Length];
        var length = 0;
        foreach (var chunk in text.GetChunks())
            length += Encoding.Latin1.GetBytes(chunk.Span, bytes.AsSpan(length));
        Body.Span.CopyTo(bytes.AsSpan(length));
        return bytes;
    }

    private SipHeader? First(string name)
    {
        foreach (var header in Headers)
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return header;
        return null;
    }

    private SipNameAddr Address(string name) => First(name) is { } header ? SipNameAddr.Parse(header.Value, name, header.Offset) : throw Missing(name);

    private CSeq ReadCSeq()
    {
        if (First("CSeq") is not { } header)
            throw Missing("CSeq");
        var parts = header.Value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 2 && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && HeaderText.IsToken(parts[1])
            ? new(number, parts[1])
            : throw new ProtocolException(SipParser.Protocol, header.Offset, "CSeq", "is not a number and a method");
    }

    private static ProtocolException Missing(string name) => new(SipParser.Protocol, 0, name, "is missing");
}
