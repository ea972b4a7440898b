using System.Globalization;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Sip;

/// <summary>SIPp, which others wrote, as a device and as an upper platform.</summary>
public sealed class SippTests
{
    private const string Realm = "3402000000", Password = "Gb@28181", DeviceId = "34020000001180000001";

    private static readonly SipUri Server = new("34020000002000000001", Realm), Channel = new("34020000001320000001", Realm);

    [Theory]
    [InlineData("u1", false)]
    [InlineData("u1", true)]
    [InlineData("t1", false)]
    [InlineData("t1", true)]
    public async Task SIPp_registers_with_digest_stays_alive_is_called_and_hung_up(string transport, bool withQop)
    {
        await using var rig = new EndpointRig(time: TimeProvider.System);
        var guard = new DigestGuard(new() { Realm = Realm, OfferQop = withQop }, TimeProvider.System);
        rig.User.Handler = incoming => incoming.Request.Method == "REGISTER" && Register(incoming, guard);
        var sipp = RunAsync(rig, "device", transport);
        var keepalive = await FirstAsync(rig.User.NextAsync("MESSAGE"), sipp);
        Assert.Equal((43, DeviceId), (Assert.IsType<Keepalive>(ManscdpDocument.Parse(keepalive.Request.Body.Span)).Sn, keepalive.Request.From.Uri.User));
        Assert.True(keepalive.Flow.IsKnown);
        keepalive.Answer(200);

        // SIPp knows its calls by their Call-ID, so the device's own is used for ours.
        var (final, dialog) = await rig.Endpoint.OpenAsync(new("INVITE", Channel, Server, Channel) { CallId = keepalive.Request.CallId, ContentType = "application/sdp", Body = Vectors.BodyOf("V10") },
            keepalive.Flow, EndpointRig.Patience);
        Assert.Equal((200, false), (final.Status, final.IsMadeHere));
        Assert.EndsWith("y=0200000001\r\n", System.Text.Encoding.ASCII.GetString(final.Body.Span), StringComparison.Ordinal);
        var bye = await dialog!.ByeAsync();
        Assert.Equal((200, false), (bye.Status, bye.IsMadeHere));
        await EndedWellAsync(sipp);
    }

    [Theory]
    [InlineData("u1")]
    [InlineData("t1")]
    public async Task SIPp_calls_us_and_hangs_up(string transport)
    {
        await using var rig = new EndpointRig(time: TimeProvider.System);
        var sipp = RunAsync(rig, "platform", transport);
        var incoming = await FirstAsync(rig.User.NextAsync("INVITE"), sipp);
        Assert.Equal("34020000001320000001:0200000001,34020000002000000001:0", incoming.Request["Subject"]);
        var dialog = incoming.Accept(contentType: "application/sdp", body: Vectors.BodyOf("V12"));
        Assert.NotNull(await dialog!.Acknowledged.WaitAsync(EndpointRig.Patience));
        Assert.Same(dialog, (await rig.User.EndedAsync()).Dialog);
        await EndedWellAsync(sipp);
    }

    [Fact]
    public async Task SIPp_with_a_wrong_password_stays_outside()
    {
        await using var rig = new EndpointRig(time: TimeProvider.System);
        var guard = new DigestGuard(new() { Realm = Realm }, TimeProvider.System);
        rig.User.Handler = incoming => Register(incoming, guard, "another");
        var (exitCode, _, _) = await RunAsync(rig, "device", "u1");
        Assert.NotEqual(0, exitCode);                       // its scenario wants a 200
        Assert.Equal(0, rig.User.Waiting);
    }

    private static bool Register(SipIncoming incoming, DigestGuard guard, string password = Password)
    {
        var source = incoming.Source.Address;
        var result = guard.Verify("REGISTER", incoming.Request.Values("Authorization"), source, (user, algorithm) => user == DeviceId ? DigestHash.OfUser(algorithm, user, Realm, password) : null);
        if (result.Outcome == DigestOutcome.Wrong)
            return incoming.Answer(403);
        if (!result.IsRight)
            return incoming.Answer(401, guard.Challenges(source, result.IsStale).Select(value => ("WWW-Authenticate", value)));
        incoming.Flow.IsKnown = true;
        return incoming.Answer(200, [("Contact", incoming.Request["Contact"]!), ("Expires", "3600")]);
    }

    private static Task<(int ExitCode, byte[] Output, string Errors)> RunAsync(EndpointRig rig, string scenario, string transport)
    {
        var local = FreePorts.Take();
        return Tool.TryAsync("sipp", $"127.0.0.1:{rig.Endpoint.Port}", "-i", "127.0.0.1", "-p", Text(local), "-mp", Text(FreePorts.Take() & ~1), "-t", transport, "-m", "1", "-nostdin", "-timeout", "50s", "-timeout_error",
            "-sf", Repository.Path($"tests/data/sipp/{scenario}.xml"));

        static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What was waited for; or what SIPp has to say when it ended before.</summary>
    private static async Task<T> FirstAsync<T>(Task<T> awaited, Task<(int ExitCode, byte[] Output, string Errors)> sipp)
    {
        if (await Task.WhenAny(awaited, sipp) == sipp)
            Assert.Fail($"SIPp ended with {(await sipp).ExitCode}: {(await sipp).Errors} {System.Text.Encoding.UTF8.GetString((await sipp).Output)}");
        return await awaited;
    }

    private static async Task EndedWellAsync(Task<(int ExitCode, byte[] Output, string Errors)> sipp)
    {
        var (exitCode, output, errors) = await sipp;
        Assert.True(exitCode == 0, $"SIPp ended with {exitCode}: {errors} {System.Text.Encoding.UTF8.GetString(output)}");
    }
}
