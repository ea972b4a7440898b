using System.Globalization;

namespace EdgeRecorder.Rtsp;

/// <summary>
/// An rtsp URL taken apart without changing a character of its path and query: cameras compare them byte by byte. Credentials are
/// kept aside and never part of <see cref="ToString"/>.
/// </summary>
internal sealed record RtspUrl
{
    public const int DefaultPort = 554;

    /// <summary>Name or address; an IPv6 address without brackets.</summary>
    public required string Host { get; init; }
    public required int Port { get; init; }

    /// <summary>From the first slash or question mark on; may be empty.</summary>
    public required string PathAndQuery { get; init; }
    public string? User { get; init; }
    public string? Password { get; init; }

    private bool HasPort { get; init; }

    /// <summary>host:port for messages.</summary>
    public string Authority => $"{BracketedHost}:{Port}";

    private string BracketedHost => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;

    /// <summary>As it stands in requests and logs: without credentials.</summary>
    public override string ToString() => $"rtsp://{BracketedHost}{(HasPort ? $":{Port}" : "")}{PathAndQuery}";

    /// <summary>False with the reason when it is no rtsp URL. A password may hold any character but "/", also unescaped; escapes are decoded.</summary>
    public static bool TryParse(string text, out RtspUrl url, out string reason)
    {
        url = null!;
        reason = "";
        text = text.Trim();
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || !text[..scheme].Equals("rtsp", StringComparison.OrdinalIgnoreCase))
        {
            reason = scheme < 0 ? "is no URL" : $"scheme {text[..scheme]} is not rtsp";
            return false;
        }
        if (text.AsSpan().ContainsAnyInRange('\0', ' '))
        {
            reason = "holds spaces or control characters";
            return false;
        }
        var rest = text[(scheme + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var at = rest.LastIndexOf('@', (slash < 0 ? rest.Length : slash) - 1 is var last and >= 0 ? last : 0);
        var credentials = at < 0 ? null : rest[..at];
        var hostPart = rest[(at + 1)..];
        var end = hostPart.IndexOfAny(['/', '?', '#']);
        var authority = end < 0 ? hostPart : hostPart[..end];
        if (!TrySplitAuthority(authority, out var host, out var port))
        {
            reason = "has no valid host and port";
            return false;
        }
        var colon = credentials?.IndexOf(':') ?? -1;
        url = new()
        {
            Host = host,
            Port = port < 0 ? DefaultPort : port,
            HasPort = port >= 0,
            PathAndQuery = end < 0 ? "" : hostPart[end..],
            User = credentials is null ? null : Uri.UnescapeDataString(colon < 0 ? credentials : credentials[..colon]),
            Password = credentials is null ? null : colon < 0 ? "" : Uri.UnescapeDataString(credentials[(colon + 1)..]),
        };
        return true;
    }

    /// <summary>
    /// Where a control attribute or Content-Base points (RFC 2326, C.1.1). Relative ones are appended, also behind a query: that is what cameras
    /// with <c>?channel=1</c> mean and what other clients do. A leading slash starts at the host's root.
    /// </summary>
    public static string Resolve(string baseUrl, string? control)
    {
        if (control is null or "" or "*")
            return baseUrl;
        if (control.Contains("://", StringComparison.Ordinal))
            return control;
        if (control[0] == '/')
        {
            var path = baseUrl.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? baseUrl.IndexOf('/', scheme + 3) : -1;
            return (path < 0 ? baseUrl : baseUrl[..path]) + control;
        }
        return baseUrl.EndsWith('/') || control[0] == '?' ? baseUrl + control : $"{baseUrl}/{control}";
    }

    private static bool TrySplitAuthority(string authority, out string host, out int port)
    {
        port = -1;
        var bracket = authority.StartsWith('[') ? authority.IndexOf(']') : -1;
        var colon = authority.IndexOf(':', bracket + 1);
        host = (colon < 0 ? authority : authority[..colon]).Trim('[', ']');
        if (host.Length == 0)
            return false;
        return colon < 0 || colon == authority.Length - 1
            || int.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
    }
}
