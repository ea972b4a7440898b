using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using EdgeRecorder.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace EdgeRecorder.Api.Security;

/// <summary>Basic and Bearer for programs, a session cookie for pages (DESIGN section 6). Every refusal is a problem document.</summary>
internal sealed class BoxAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Credentials credentials, Sessions sessions, UserStore users)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "box";
    private string _why = "needs a user or a token: Basic, Bearer, or a session of the page";
    private TimeSpan _retryAfter;
    private bool _forbidden;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (CrossSite.Changes(Request) && CrossSite.IsForeign(Request))
            return Forbid("comes from a page of another origin");
        var header = Request.Headers.Authorization;
        if (header.Count > 0)
            return AuthorizationHeader.TryParse(header.ToString(), out var value)
                ? Judge(await credentials.VerifyAsync(value, SourceOf(Context), Context.RequestAborted)) : Fail("Authorization: is neither Basic nor Bearer");
        if (Request.Cookies[Sessions.Cookie] is not { } id)
            return AuthenticateResult.NoResult();
        if (sessions.Find(id) is not { } session || users.Find(session.User) is not { } user)
            return Fail("the session is over; log in again");
        if (CrossSite.Changes(Request) && !CrossSite.HasToken(Request, session))
            return Forbid($"{CrossSite.Header}: is missing or not the session's");
        return Accept(new Caller(user.Name, user.Role));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_forbidden)
            return Problems.Of(StatusCodes.Status403Forbidden, _why).ExecuteAsync(Context);
        if (_retryAfter > TimeSpan.Zero)
        {
            Response.Headers.RetryAfter = Math.Ceiling(_retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Of(StatusCodes.Status429TooManyRequests, "too many wrong passwords from this address; wait").ExecuteAsync(Context);
        }
        Response.Headers.WWWAuthenticate = IsPage ? "Session realm=\"edge-recorder\"" : "Basic realm=\"edge-recorder\", charset=\"UTF-8\"";
        return Problems.Of(StatusCodes.Status401Unauthorized, _why).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
        => Problems.Of(StatusCodes.Status403Forbidden, $"{Context.User.Identity?.Name} is {Context.User.FindFirstValue(ClaimTypes.Role)}; this needs a higher role").ExecuteAsync(Context);

    /// <summary>The address failures are counted for; IPv6 by its /64, which one household owns.</summary>
    public static string SourceOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes(), 0, 8) : address.ToString();
    }

    // "Basic" would make the browser open a password window of its own over a page that has one.
    private bool IsPage => Request.Headers.ContainsKey("X-Requested-With") || Request.Cookies.ContainsKey(Sessions.Cookie);

    private AuthenticateResult Judge(Verdict verdict)
    {
        _retryAfter = verdict.RetryAfter;
        return verdict.Caller is { } caller ? Accept(caller) : Fail("user, password or token is wrong");
    }

    private static AuthenticateResult Accept(Caller caller)
    {
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, caller.Name), new(ClaimTypes.Role, UserStore.Word(caller.Role))], SchemeName);
        return AuthenticateResult.Success(new(new(identity), SchemeName));
    }

    private AuthenticateResult Forbid(string why)
    {
        _forbidden = true;
        return Fail(why);
    }

    private AuthenticateResult Fail(string why)
    {
        _why = why;
        return AuthenticateResult.Fail(why);
    }
}

/// <summary>What a route asks of its caller.</summary>
internal static class Roles
{
    public const string Viewer = "viewer", Operator = "operator", Admin = "admin";

    public static IServiceCollection AddBoxAuthentication(this IServiceCollection services)
    {
        // The core alone: AddAuthentication would bring data protection, which writes keys of its own into the home directory.
        services.AddAuthenticationCore(o =>
        {
            o.DefaultScheme = BoxAuthentication.SchemeName;
            o.AddScheme<BoxAuthentication>(BoxAuthentication.SchemeName, null);
        });
        services.AddSingleton(UrlEncoder.Default).AddTransient<BoxAuthentication>();
        services.AddAuthorizationBuilder()
            .AddPolicy(Viewer, p => p.RequireRole(Viewer, Operator, Admin))
            .AddPolicy(Operator, p => p.RequireRole(Operator, Admin))
            .AddPolicy(Admin, p => p.RequireRole(Admin));
        return services;
    }
}
