using System.Text;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Security;

/// <summary>
/// Admission of a request that lasts: an open socket outlives the session, password or token that opened it, so it is asked for again while it is open.
/// Asking is no use of the session, which ends by itself when its page has gone.
/// </summary>
internal sealed class StandingPermit(Sessions sessions, Credentials credentials, UserStore users)
{
    /// <summary>Null while the caller of <paramref name="context"/> may stay; otherwise why not.</summary>
    public async Task<string?> WhyOverAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0)
            return context.Request.Cookies[Sessions.Cookie] is { } id && sessions.Peek(id) is { } session && users.Find(session.User) is not null ? null : "the session is over";
        var (scheme, parameter) = AuthorizationHeader.TryParse(header.ToString(), out var value) ? value : new("", "");
        var source = BoxAuthentication.SourceOf(context);
        var verdict = scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? credentials.Token(parameter, source) : await PasswordAsync(parameter, source, context.RequestAborted);
        return verdict.Caller is not null || verdict.RetryAfter > TimeSpan.Zero ? null : "user, password or token is no longer valid";
    }

    private async Task<Verdict> PasswordAsync(string parameter, string source, CancellationToken stop)
    {
        var bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out var length))
            return default;
        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return pair.Length < 2 ? default : await credentials.PasswordAsync(pair[0], pair[1], source, stop);
    }
}
