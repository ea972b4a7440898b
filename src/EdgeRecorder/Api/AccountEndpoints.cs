using System.Globalization;
using System.Security.Claims;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Ledger;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/users, tokens, session: who may do what.</summary>
internal static class AccountEndpoints
{
    private const int ShortestPassword = 8;

    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/users").WithTags("users").RequireAuthorization(Roles.Admin);
        users.MapGet("", (UserStore store) => TypedResults.Json(store.All().Select(View).ToArray(), BoxJson.Default.UserViewArray));
        users.MapPost("", AddUser);
        users.MapPatch("/{name}", ChangeUser);
        users.MapDelete("/{name}", RemoveUser);
        var tokens = routes.MapGroup("/tokens").WithTags("users").RequireAuthorization(Roles.Admin);
        tokens.MapGet("", (UserStore store) => TypedResults.Json(store.Tokens().Select(t => View(t, null)).ToArray(), BoxJson.Default.TokenViewArray));
        tokens.MapPost("", AddToken);
        tokens.MapDelete("/{id}", RemoveToken);
        var session = routes.MapGroup("/session").WithTags("session");
        session.MapPost("", LogIn).AllowAnonymous();
        session.MapGet("", WhoAmI).RequireAuthorization(Roles.Viewer);
        session.MapDelete("", LogOut).RequireAuthorization(Roles.Viewer);
        session.MapPut("/password", ChangeOwnPassword).RequireAuthorization(Roles.Viewer);
    }

    private static Results<Created<UserView>, ProblemHttpResult> AddUser(NewUser body, HttpContext context, UserStore users, AuditStore audit)
    {
        if (body.Name.Length is 0 or > 64 || !body.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@'))
            return Problems.Bad("name: is not 1 to 64 of A-Z a-z 0-9 . _ - @");
        if (UserStore.Parse(body.Role) is not { } role)
            return Problems.Bad("role: is not one of viewer, operator, admin");
        if (WrongPassword(body.Password) is { } wrong)
            return Problems.Bad(wrong);
        if (!users.Add(body.Name, body.Password, role))
            return Problems.Conflict($"name: there is a user {body.Name}");
        audit.Add(context, "user.add", body.Name);
        return TypedResults.Created($"/api/v1/users/{body.Name}", View(users.Find(body.Name)!));
    }

    private static Results<JsonHttpResult<UserView>, ProblemHttpResult> ChangeUser(
        string name, UserChange body, HttpContext context, UserStore users, Sessions sessions, InitialPassword initial, AuditStore audit)
    {
        if (users.Find(name) is not { } user)
            return Problems.NotFound($"no user {name}");
        if (body.Role is not null && UserStore.Parse(body.Role) is null)
            return Problems.Bad("role: is not one of viewer, operator, admin");
        if (body.Password is not null && WrongPassword(body.Password) is { } wrong)
            return Problems.Bad(wrong);
        if (UserStore.Parse(body.Role) is { } role && !users.SetRole(user.Name, role))
            return Problems.Conflict($"role: {user.Name} is the last admin");
        if (body.Password is not null)
            SetPassword(user.Name, body.Password, users, sessions, initial);
        audit.Add(context, "user.change", user.Name);
        return TypedResults.Json(View(users.Find(user.Name)!), BoxJson.Default.UserView);
    }

    private static Results<NoContent, ProblemHttpResult> RemoveUser(string name, HttpContext context, UserStore users, Sessions sessions, AuditStore audit)
    {
        if (users.Find(name) is not { } user)
            return Problems.NotFound($"no user {name}");
        if (!users.Remove(user.Name))
            return Problems.Conflict($"{user.Name} is the last admin");
        sessions.EndAll(user.Name);
        audit.Add(context, "user.remove", user.Name);
        return TypedResults.NoContent();
    }

    private static Results<Created<TokenView>, ProblemHttpResult> AddToken(NewToken body, HttpContext context, UserStore users, AuditStore audit, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(body.Name) || body.Name.Length > 100)
            return Problems.Bad("name: needs 1 to 100 characters");
        if (UserStore.Parse(body.Role) is not { } role)
            return Problems.Bad("role: is not one of viewer, operator, admin");
        if (body.Expires <= time.GetUtcNow())
            return Problems.Bad("expires: is not in the future");
        var (token, secret) = users.AddToken(body.Name, role, context.User.Identity?.Name ?? "", body.Expires);
        audit.Add(context, "token.add", token.Id);
        return TypedResults.Created($"/api/v1/tokens/{token.Id}", View(token, secret));
    }

    private static Results<NoContent, ProblemHttpResult> RemoveToken(string id, HttpContext context, UserStore users, AuditStore audit)
    {
        if (!users.RemoveToken(id))
            return Problems.NotFound($"no token {id}");
        audit.Add(context, "token.remove", id);
        return TypedResults.NoContent();
    }

    private static async Task<Results<JsonHttpResult<SessionView>, ProblemHttpResult>> LogIn(
        Login body, HttpContext context, Credentials credentials, UserStore users, Sessions sessions, AuditStore audit)
    {
        if (CrossSite.IsForeign(context.Request))
            return Problems.Of(StatusCodes.Status403Forbidden, "comes from a page of another origin");
        var source = BoxAuthentication.SourceOf(context);
        var verdict = await credentials.PasswordAsync(body.User, body.Password, source, context.RequestAborted);
        if (verdict.RetryAfter > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(verdict.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Of(StatusCodes.Status429TooManyRequests, "too many wrong passwords from this address; wait");
        }
        if (verdict.Caller is not { } caller || users.Find(caller.Name) is not { } user)
            return Problems.Of(StatusCodes.Status401Unauthorized, "user or password is wrong");
        var session = sessions.Begin(user);
        context.Response.Cookies.Append(Sessions.Cookie, session.Id, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/", IsEssential = true });
        audit.Add(user.Name, source, "session.begin", user.Name);
        context.Response.StatusCode = StatusCodes.Status201Created;
        return TypedResults.Json(new SessionView(user.Name, UserStore.Word(user.Role), session.CsrfToken, user.Initial), BoxJson.Default.SessionView, statusCode: StatusCodes.Status201Created);
    }

    private static JsonHttpResult<SessionView> WhoAmI(HttpContext context, UserStore users, Sessions sessions)
    {
        var name = context.User.Identity?.Name ?? "";
        var session = context.Request.Cookies[Sessions.Cookie] is { } id ? sessions.Find(id) : null;
        return TypedResults.Json(new SessionView(name, context.User.FindFirstValue(ClaimTypes.Role) ?? "", session?.CsrfToken, users.Find(name)?.Initial ?? false), BoxJson.Default.SessionView);
    }

    private static NoContent LogOut(HttpContext context, Sessions sessions)
    {
        if (context.Request.Cookies[Sessions.Cookie] is { } id)
            sessions.End(id);
        context.Response.Cookies.Delete(Sessions.Cookie);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ChangeOwnPassword(
        OwnPassword body, HttpContext context, Credentials credentials, UserStore users, Sessions sessions, InitialPassword initial, AuditStore audit)
    {
        var name = context.User.Identity?.Name ?? "";
        if (WrongPassword(body.New) is { } wrong)
            return Problems.Bad(wrong);
        var verdict = await credentials.PasswordAsync(name, body.Old, BoxAuthentication.SourceOf(context), context.RequestAborted);
        if (verdict.Caller is null)
            return Problems.Of(StatusCodes.Status403Forbidden, "old: is not the password");
        SetPassword(name, body.New, users, sessions, initial);
        audit.Add(context, "user.password", name);
        return TypedResults.NoContent();
    }

    private static void SetPassword(string name, string password, UserStore users, Sessions sessions, InitialPassword initial)
    {
        var wasInitial = users.Find(name) is { Initial: true };
        users.SetPassword(name, password);
        sessions.EndAll(name);
        if (wasInitial)
            initial.Forget();
    }

    private static string? WrongPassword(string password)
        => password.Length is < ShortestPassword or > 200 ? $"password: needs {ShortestPassword} to 200 characters" : null;

    private static UserView View(User user) => new(user.Name, UserStore.Word(user.Role), user.Created);

    private static TokenView View(Token token, string? secret) => new(token.Id, token.Name, UserStore.Word(token.Role), token.CreatedBy, token.Created, token.Expires, secret);
}

internal sealed record NewUser(string Name, string Password, string Role);
internal sealed record UserChange(string? Password = null, string? Role = null);
internal sealed record UserView(string Name, string Role, DateTimeOffset Created);
internal sealed record NewToken(string Name, string Role, DateTimeOffset? Expires = null);

/// <param name="Secret">Only in the answer that made it.</param>
internal sealed record TokenView(string Id, string Name, string Role, string CreatedBy, DateTimeOffset Created, DateTimeOffset? Expires, string? Secret);
internal sealed record Login(string User, string Password);
internal sealed record OwnPassword(string Old, string New);

/// <param name="CsrfToken">To be sent as X-CSRF-Token with every change; null for Basic and Bearer.</param>
/// <param name="InitialPassword">The password is still the one made at first boot.</param>
internal sealed record SessionView(string User, string Role, string? CsrfToken, bool InitialPassword);
