using System.Globalization;
using System.Net;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Doors;

/// <summary>Who came in, and whether he may change anything.</summary>
internal readonly record struct DoorCaller(string Name, bool MayChange);

/// <summary>
/// Who comes in (DESIGN section 6). `loopback`: programs of this box without credentials, everybody else with those of a box user or token; `credentials`: nobody
/// without; `anonymous`: everybody, the owner's choice. Browsers are kept from acting for pages of others in every case.
/// </summary>
internal sealed partial class DoorGuard(Credentials credentials, ILogger<DoorGuard> log)
{
    private static readonly string[] Forwarded = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"];

    public async Task HandleAsync(HttpContext context, Door door)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache";
        if (door.AuthorizesItself)
        {
            await AnswerAsync(context, door, default);
            return;
        }
        var header = context.Request.Headers.Authorization;
        if (header.Count > 0 && door.Options.Access != Access.Anonymous)
        {
            var verdict = AuthorizationHeader.TryParse(header.ToString(), out var given)
                ? await credentials.VerifyAsync(given, BoxAuthentication.SourceOf(context), context.RequestAborted) : default;
            await JudgeAsync(context, door, verdict);
        }
        else if (door.Options.Access == Access.Anonymous && !IsForeign(context.Request) || door.Options.Access == Access.Loopback && IsOfThisBox(context))
            await AnswerAsync(context, door, new DoorCaller(door.Name, true));
        else
            await ChallengeAsync(context, door);
    }

    private async Task JudgeAsync(HttpContext context, Door door, Verdict verdict)
    {
        if (verdict.Caller is { } caller)
        {
            if (IsForeign(context.Request))
                await door.RefuseAsync(context, StatusCodes.Status403Forbidden, "comes from a page of another origin");
            else
                await AnswerAsync(context, door, new DoorCaller(caller.Name, caller.Role >= Role.Operator));
        }
        else if (verdict.RetryAfter > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(verdict.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await door.RefuseAsync(context, StatusCodes.Status429TooManyRequests, "too many wrong passwords from this address; wait");
        }
        else
            await ChallengeAsync(context, door);
    }

    private static Task ChallengeAsync(HttpContext context, Door door)
    {
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"edge-recorder\", charset=\"UTF-8\"";
        return door.RefuseAsync(context, StatusCodes.Status401Unauthorized, "needs a user or a token of this recorder: Basic or Bearer");
    }

    private async Task AnswerAsync(HttpContext context, Door door, DoorCaller caller)
    {
        try
        {
            await door.AnswerAsync(context, caller);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await door.RefuseAsync(context, e.StatusCode, e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone.
        }
        catch (Exception e) when (!context.Response.HasStarted)    // a request ends here; what is wrong inside stands in the log
        {
            LogFault(e, door.Name, context.Request.Method, context.Request.Path.Value ?? "");
            await door.RefuseAsync(context, StatusCodes.Status500InternalServerError, "a fault in the recorder; its log has the details");
        }
    }

    /// <summary>A program on this box: neither somebody behind a proxy on it, nor a page in a browser on it, nor a name that was made to point here.</summary>
    public static bool IsOfThisBox(HttpContext context)
    {
        var request = context.Request;
        return context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote) && IsLoopbackHost(request.Host.Host)
            && !Forwarded.Any(request.Headers.ContainsKey) && !IsForeign(request);
    }

    /// <summary>A browser asks for a page. Families have no pages, so whatever it is comes from another origin, also one of the same host; `none` is a person at the address bar.</summary>
    public static bool IsForeign(HttpRequest request) => request.Headers.Origin.Count > 0 || request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site != "none";

    private static bool IsLoopbackHost(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Door}: {Method} {Path} failed")]
    private partial void LogFault(Exception fault, string door, string method, string path);
}
