using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Families;

/// <summary>
/// What holds for all four families alike, on one published program: who gets in, where files may come to lie, many callers at once, the documents and the example clients. Here: who gets
/// in without credentials: programs on the box, and nobody who only looks like one.
/// </summary>
[Collection(ThirdDaemon.Name)]
public sealed partial class FamilyTests(FamiliesBox box) : IClassFixture<FamiliesBox>
{
    /// <summary>What a program asks of each family, and what asking changes nothing with.</summary>
    public static TheoryData<string, string> Questions => new()
    {
        { "cdvr", "/Record/Stop?Sim=gate&Channel=1&Protocol=3" }, { "axxon", "/export/00000000-0000-0000-0000-000000000000/status" }, { "inspector", "/api/inspector/stopclip" }, { "inspector service", "/api/recording/isrecording" },
    };

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_program_on_the_box_needs_no_credentials(string family, string path) => Assert.NotEqual(HttpStatusCode.Unauthorized, await AskAsync(family, path, _ => { }));

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_page_of_another_origin_gets_nothing_without_credentials(string family, string path)
    {
        foreach (var origin in new[] { "http://evil.example", $"http://127.0.0.1:{box.Setup.Port}", "null" })
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(family, path, headers => headers.Add("Origin", origin)));
        // Pictures and frames of a page bring no origin, but browsers say where they are asked from.
        foreach (var site in new[] { "cross-site", "same-site", "same-origin" })
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(family, path, headers => headers.Add("Sec-Fetch-Site", site)));
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_name_that_was_made_to_point_here_gets_nothing_without_credentials(string family, string path)
    {
        foreach (var host in new[] { "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.20" })
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(family, path, headers => headers.Host = $"{host}:{Port(family)}"));
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_proxy_on_the_box_gets_nothing_without_credentials(string family, string path)
    {
        foreach (var (name, value) in new[] { ("Forwarded", "for=192.0.2.60"), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "box"), ("X-Forwarded-Proto", "http") })
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(family, path, headers => headers.Add(name, value)));
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Credentials_of_a_user_let_in_and_wrong_ones_do_not(string family, string path)
    {
        Assert.NotEqual(HttpStatusCode.Unauthorized, await AskAsync(family, path, headers =>
        {
            headers.Add("X-Forwarded-For", "192.0.2.60");
            headers.Authorization = box.Daemon.Http.DefaultRequestHeaders.Authorization;
        }));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(family, path, headers => headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("nobody:nothing")))));
    }

    [Fact]
    public async Task OvenMediaEngine_lets_nobody_in_without_its_token_wherever_he_is()
    {
        const string Path = "/v1/vhosts/default/apps/app:records";
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("ome", Path, _ => { }));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("ome", Path, headers => headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("ome-access-toke"u8))));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("ome", Path, headers => headers.Authorization = box.Daemon.Http.DefaultRequestHeaders.Authorization));
        Assert.NotEqual(HttpStatusCode.Unauthorized, await AskAsync("ome", Path, headers => headers.Authorization = FamiliesBox.OmeToken));
    }

    [Fact]
    public async Task A_family_answers_at_its_own_port_only()
    {
        foreach (var (family, path) in new[] { ("cdvr", "/api/stats/ping"), ("axxon", "/Record/Start"), ("inspector", "/Record/Start"), ("inspector", "/api/v1/channels"), ("cdvr", "/healthz") })
            Assert.Equal(HttpStatusCode.NotFound, await AskAsync(family, path, _ => { }));
    }

    private int Port(string family) => family switch
    {
        "cdvr" => box.Setup.CdvrPort, "axxon" => box.Setup.AxxonPort, "ome" => box.Setup.OmePort, "inspector" => box.Setup.InspectorPort, _ => box.Setup.InspectorRecordingPort,
    };

    private async Task<HttpStatusCode> AskAsync(string family, string path, Action<HttpRequestHeaders> change)
    {
        using var client = FamiliesBox.Client(Port(family));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        change(request.Headers);
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}
