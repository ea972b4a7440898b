using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.Api.Security;

/// <summary>
/// Keeps other people's pages from acting in the name of a logged-in browser. Browsers attach cookies and remembered Basic passwords by themselves,
/// so a request that changes something must not come from another origin, and one with a session cookie must carry the session's token.
/// </summary>
internal static class CrossSite
{
    public const string Header = "X-CSRF-Token";

    /// <summary>CONNECT opens a WebSocket over HTTP/2 (RFC 8441), which is GET over HTTP/1.1; the route asks for the origin itself.</summary>
    public static bool Changes(HttpRequest request)
        => !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method) && !HttpMethods.IsConnect(request.Method);

    /// <summary>True when a browser says that another origin's page asks. Programs send neither header.</summary>
    public static bool IsForeign(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] == "cross-site")
            return true;
        var origin = request.Headers.Origin;
        return origin.Count > 0 && (!Uri.TryCreate(origin.ToString(), UriKind.Absolute, out var uri) || !string.Equals(uri.Authority, Authority(request), StringComparison.OrdinalIgnoreCase));
    }

    public static bool HasToken(HttpRequest request, Session session)
        => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers[Header].ToString()), Encoding.UTF8.GetBytes(session.CsrfToken));

    // Uri.Authority leaves default ports out, Host headers may name them.
    private static string Authority(HttpRequest request)
        => Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out var uri) ? uri.Authority : "";
}
