using System.Net;
using System.Net.Http.Headers;
using EdgeRecorder.Api.Security;

namespace EdgeRecorder.Tests.Api;

public sealed class SecurityTests : BoxTest
{
    [Fact]
    public async Task First_boot_makes_a_password_that_only_the_daemon_may_read_and_a_change_removes_it()
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Box.PasswordFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Root, "keys")));
        await Box.Admin.PutAsync("/api/v1/session/password", Requests.Json($$"""{"old":"{{Box.Password}}","new":"another one"}""")).BodyAsync(HttpStatusCode.NoContent);
        Assert.False(File.Exists(Box.PasswordFile));
        await Box.Admin.GetAsync("/api/v1/status").ProblemAsync(401);
        await Box.Client("admin", "another one").GetAsync("/api/v1/status").BodyAsync();
        await Box.Anonymous.GetAsync("/healthz").BodyAsync();
    }

    [Fact]
    public async Task Healthz_needs_the_password_file_while_the_password_is_the_first()
    {
        await Box.Anonymous.GetAsync("/healthz").BodyAsync();
        File.Delete(Box.PasswordFile);
        Assert.Contains("initial-admin-password", await Box.Anonymous.GetAsync("/healthz").ProblemAsync(503), StringComparison.Ordinal);
        await RestartAsync();
        await Box.Admin.GetAsync("/api/v1/status").BodyAsync();
    }

    [Fact]
    public async Task Without_credentials_only_healthz_answers()
    {
        foreach (var path in new[] { "/api/v1/channels", "/api/v1/status", "/metrics", "/openapi/v1.json", "/api/v1/logs" })
        {
            using var answer = await Box.Anonymous.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Basic", Assert.Single(answer.Headers.WwwAuthenticate).Scheme);
        }
    }

    [Theory]
    [InlineData("viewer", "GET", "/api/v1/channels", 200)]
    [InlineData("viewer", "POST", "/api/v1/recordings", 403)]
    [InlineData("viewer", "POST", "/api/v1/locks", 403)]
    [InlineData("viewer", "GET", "/api/v1/users", 403)]
    [InlineData("operator", "POST", "/api/v1/recordings", 400)]
    [InlineData("operator", "POST", "/api/v1/channels", 403)]
    [InlineData("operator", "POST", "/api/v1/schedules", 403)]
    [InlineData("viewer", "GET", "/api/v1/schedules", 200)]
    [InlineData("operator", "GET", "/api/v1/audit", 403)]
    [InlineData("operator", "POST", "/api/v1/probe", 403)]
    [InlineData("admin", "GET", "/api/v1/users", 200)]
    [InlineData("admin", "GET", "/api/v1/audit", 200)]
    [InlineData("admin", "POST", "/api/v1/channels", 400)]
    public async Task A_role_may_do_its_own_and_what_lies_below(string role, string method, string path, int status)
    {
        await Box.Admin.PostAsync("/api/v1/users", Requests.Json($$"""{"name":"u","password":"password","role":"{{role}}"}""")).BodyAsync(HttpStatusCode.Created);
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "POST" ? Requests.Json("{}") : null };
        using var answer = await Box.Client("u", "password").SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_token_works_as_Bearer_until_it_is_removed_and_is_shown_once()
    {
        var made = await Box.Admin.PostAsync("/api/v1/tokens", Requests.Json("""{"name":"script","role":"viewer"}""")).BodyAsync(HttpStatusCode.Created);
        using var client = new HttpClient { BaseAddress = Box.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.GetProperty("secret").GetString());
        await client.GetAsync("/api/v1/status").BodyAsync();
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await Box.Admin.GetAsync("/api/v1/tokens").BodyAsync())[0].GetProperty("secret").ValueKind);
        await Box.Admin.DeleteAsync($"/api/v1/tokens/{made.GetProperty("id").GetString()}").BodyAsync(HttpStatusCode.NoContent);
        await client.GetAsync("/api/v1/status").ProblemAsync(401);
    }

    [Fact]
    public async Task Guessing_is_slowed_down_for_the_account_and_source_that_guess()
    {
        for (var i = 0; i < 5; i++)
            await Box.Client("admin", $"wrong {i}").GetAsync("/api/v1/status").ProblemAsync(401);
        using var answer = await Box.Client("admin", "wrong again").GetAsync("/api/v1/status");
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    private async Task<(string Cookie, string Token)> LogInAsync()
    {
        using var answer = await Box.Anonymous.PostAsync("/api/v1/session", Requests.Json($$"""{"user":"admin","password":"{{Box.Password}}"}"""));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        return (cookie.Split(';')[0], System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("csrfToken").GetString()!);
    }

    private Task<HttpResponseMessage> PageAsync(HttpMethod method, string path, string cookie, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Post ? Requests.Json("""{"name":"t","role":"viewer"}""") : null };
        request.Headers.Add("Cookie", cookie);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return Box.Anonymous.SendAsync(request);
    }

    [Fact]
    public async Task A_page_reads_with_its_cookie_and_changes_only_with_the_token_of_its_session()
    {
        var (cookie, token) = await LogInAsync();
        await PageAsync(HttpMethod.Get, "/api/v1/status", cookie).BodyAsync();
        Assert.Contains(CrossSite.Header, await PageAsync(HttpMethod.Post, "/api/v1/tokens", cookie).ProblemAsync(403), StringComparison.Ordinal);
        await PageAsync(HttpMethod.Post, "/api/v1/tokens", cookie, (CrossSite.Header, "0")).ProblemAsync(403);
        await PageAsync(HttpMethod.Post, "/api/v1/tokens", cookie, (CrossSite.Header, token)).BodyAsync(HttpStatusCode.Created);
        await PageAsync(HttpMethod.Post, "/api/v1/tokens", cookie, (CrossSite.Header, token), ("Origin", Box.Address.GetLeftPart(UriPartial.Authority))).BodyAsync(HttpStatusCode.Created);
        await PageAsync(HttpMethod.Post, "/api/v1/tokens", cookie, (CrossSite.Header, token), ("Origin", "http://evil.example")).ProblemAsync(403);
        await PageAsync(HttpMethod.Delete, "/api/v1/session", cookie, (CrossSite.Header, token)).BodyAsync(HttpStatusCode.NoContent);
        await PageAsync(HttpMethod.Get, "/api/v1/status", cookie).ProblemAsync(401);
    }

    [Fact]
    public async Task A_foreign_page_cannot_use_a_remembered_Basic_password()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens") { Content = Requests.Json("""{"name":"t","role":"admin"}""") };
        request.Headers.Add("Origin", "null");
        await Box.Admin.SendAsync(request).ProblemAsync(403);
        Assert.Equal(0, (await Box.Admin.GetAsync("/api/v1/tokens").BodyAsync()).GetArrayLength());
    }

    [Fact]
    public async Task Changing_a_password_ends_sessions_and_remembered_credentials()
    {
        var (cookie, _) = await LogInAsync();
        await Box.Admin.PatchAsync("/api/v1/users/admin", Requests.Json("""{"password":"another one"}""")).BodyAsync();
        await PageAsync(HttpMethod.Get, "/api/v1/status", cookie).ProblemAsync(401);
        await Box.Admin.GetAsync("/api/v1/status").ProblemAsync(401);
    }

    [Fact]
    public async Task A_session_outlives_a_restart_with_its_token_and_ends_for_good_with_a_logout()
    {
        var (cookie, token) = await LogInAsync();
        await RestartAsync();
        Assert.Equal(token, (await PageAsync(HttpMethod.Get, "/api/v1/session", cookie).BodyAsync()).GetProperty("csrfToken").GetString());
        await PageAsync(HttpMethod.Post, "/api/v1/tokens", cookie, (CrossSite.Header, token)).BodyAsync(HttpStatusCode.Created);
        await PageAsync(HttpMethod.Delete, "/api/v1/session", cookie, (CrossSite.Header, token)).BodyAsync(HttpStatusCode.NoContent);
        await RestartAsync();
        await PageAsync(HttpMethod.Get, "/api/v1/session", cookie).ProblemAsync(401);
    }

    [Fact]
    public async Task The_ledger_does_not_hold_what_would_let_somebody_in()
    {
        var (cookie, _) = await LogInAsync();
        var id = cookie.Split('=')[1];
        await RestartAsync();
        foreach (var file in Directory.EnumerateFiles(Root, "ledger.db*"))
            Assert.DoesNotContain(id, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_is_refused_without_the_password_window_of_the_browser()
    {
        var page = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status") { Headers = { { "X-Requested-With", "page" } } };
        Assert.Equal("Session", (await Box.Anonymous.SendAsync(page)).Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal("Session", (await PageAsync(HttpMethod.Get, "/api/v1/status", "edge_recorder_session=0")).Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal("Basic", (await Box.Anonymous.GetAsync("/api/v1/status")).Headers.WwwAuthenticate.Single().Scheme);
    }
}
