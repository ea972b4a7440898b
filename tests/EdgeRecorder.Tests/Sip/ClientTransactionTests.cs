using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Tests.Sip;

/// <summary>Requests of ours: sent until they are answered, to where the device speaks from.</summary>
public sealed class ClientTransactionTests
{
    private static readonly SipUri Server = new("34020000002000000001", "3402000000"), Device = new("34020000001180000001", "3402000000");

    [Fact]
    public async Task V8_is_what_asks_for_a_catalog()
    {
        await using var rig = new EndpointRig(options => options with { Host = "192.0.2.10" });
        using var device = rig.Udp();
        var flow = await FlowOfAsync(rig, device);
        rig.Tokens("3001");
        var body = Vectors.BodyOf("V8");
        var answer = rig.Endpoint.SendAsync(Draft("MESSAGE") with { RequestUri = new(Device.User, "198.51.100.7", 40960), CallId = "cat1@192.0.2.10", FromTag = "p100", ContentType = "Application/MANSCDP+xml", Body = body }, flow);
        Assert.Equal(Encoding.Latin1.GetString(Vectors.Of("V8")), (await device.TextAsync())!.Replace($"192.0.2.10:{rig.Endpoint.Port}", "192.0.2.10:5060", StringComparison.Ordinal).Replace("CSeq: 1 ", "CSeq: 31 ", StringComparison.Ordinal));
        await device.SendAsync($"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;rport=5060;branch=z9hG4bK3001\r\nFrom: <sip:{Server.User}@3402000000>;tag=p100\r\nTo: <sip:{Device.User}@3402000000>;tag=1\r\nCall-ID: cat1@192.0.2.10\r\nCSeq: 1 MESSAGE\r\n\r\n");
        Assert.Equal((200, false), ((await answer).Status, (await answer).IsMadeHere));
    }

    [Fact]
    public async Task A_message_is_sent_at_half_a_second_one_two_and_then_every_four_until_32()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        var answer = rig.Endpoint.SendAsync(Draft("MESSAGE"), await FlowOfAsync(rig, device));
        var first = await device.TextAsync();
        List<double> times = [];
        for (var halves = 1; halves <= 63; halves++)
        {
            var before = rig.Figures.Resent;
            rig.Advance(0.5);
            if (rig.Figures.Resent > before)
                times.Add(halves / 2.0);
        }
        Assert.Equal([0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5], times);
        Assert.False(answer.IsCompleted);
        rig.Advance(0.5);
        var final = await answer;
        Assert.Equal((408, true), (final.Status, final.IsMadeHere));
        Assert.Equal(1, rig.Figures.Timeouts);
        for (var i = 0; i < 10; i++)
            Assert.Equal(first, await device.TextAsync());
        Assert.Equal(0, rig.Endpoint.Transactions);
    }

    [Fact]
    public async Task An_invite_is_sent_in_doubling_pauses_until_anything_is_said()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        var opening = rig.Endpoint.OpenAsync(Draft("INVITE"), await FlowOfAsync(rig, device), TimeSpan.FromSeconds(60));
        var invite = await device.ReadAsync("INVITE");
        rig.Advance(7.5);
        Assert.Equal(4, rig.Figures.Resent);                // 0.5 1.5 3.5 7.5
        for (var i = 0; i < 4; i++)
            await device.ReadAsync("INVITE");
        await device.AnswerAsync(invite, 100);
        await EndpointRig.Until(() => rig.Figures.Received == 2, "100 is there");
        rig.Advance(40);
        Assert.Equal(4, rig.Figures.Resent);
        await device.AnswerAsync(invite, 486);
        Assert.Equal(486, (await opening).Final.Status);
        Assert.Null((await opening).Dialog);
        var ack = await device.ReadAsync("ACK");
        Assert.Equal((invite.Via.Branch, invite.RequestUri, "d900", invite.CSeq.Number), (ack.Via.Branch, ack.RequestUri, ack.To.Tag, ack.CSeq.Number));
        await device.AnswerAsync(invite, 486);              // D: acknowledged again
        await device.ReadAsync("ACK");
        rig.Advance(33);
        await device.AnswerAsync(invite, 486);
        await EndpointRig.Until(() => rig.Figures.Refused(SipRefusal.Unmatched) == 1, "nobody waits any more");
    }

    [Fact]
    public async Task An_invite_that_nobody_answers_is_given_up_after_32_seconds()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        var opening = rig.Endpoint.OpenAsync(Draft("INVITE"), await FlowOfAsync(rig, device), TimeSpan.FromSeconds(60));
        await device.ReadAsync("INVITE");
        rig.Advance(32);
        Assert.Equal(408, (await opening).Final.Status);
        Assert.Equal(6, rig.Figures.Resent);                // 0.5 1.5 3.5 7.5 15.5 31.5
        Assert.Equal(0, rig.Endpoint.Dialogs.Count);
    }

    [Fact]
    public async Task An_answer_from_elsewhere_or_to_nothing_is_none()
    {
        await using var rig = new EndpointRig();
        using var device = rig.Udp();
        using var other = rig.Udp("127.0.0.2");
        var answer = rig.Endpoint.SendAsync(Draft("MESSAGE"), await FlowOfAsync(rig, device));
        var message = await device.ReadAsync("MESSAGE");
        await other.AnswerAsync(message, 200);
        await EndpointRig.Until(() => rig.Figures.Refused(SipRefusal.Unmatched) == 1, "refused");
        Assert.False(answer.IsCompleted);
        await device.AnswerAsync(message, 200);
        Assert.Equal(200, (await answer).Status);
        await device.AnswerAsync(message, 200);             // K: absorbed
        await device.RequestAsync("MESSAGE", "after");
        await rig.User.NextAsync();
        Assert.Equal(1, rig.Figures.Refused(SipRefusal.Unmatched));
    }

    [Theory]
    [InlineData(401, "WWW-Authenticate", "Authorization")]
    [InlineData(407, "Proxy-Authenticate", "Proxy-Authorization")]
    public async Task A_challenge_of_an_upper_platform_is_answered(int status, string challenge, string credentials)
    {
        await using var rig = new EndpointRig();
        using var upper = rig.Udp();
        var flow = await rig.Endpoint.ConnectAsync(upper.Local, SipTransport.Udp, default);
        var answer = rig.Endpoint.SendAsync(Draft("REGISTER") with { CallId = "reg", FromTag = "f" }, flow, new("user", "secret", () => "cn", allowBasic: false));
        var first = await upper.ReadAsync("REGISTER");
        Assert.Null(first[credentials]);
        Assert.Equal($"<sip:34020000002000000001@127.0.0.1:{rig.Endpoint.Port}>", first["Contact"]);
        await upper.AnswerAsync(first, status, headers: $"{challenge}: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n");
        var second = await upper.ReadAsync("REGISTER");
        Assert.Equal(("reg", "f", first.CSeq.Number + 1), (second.CallId, second.From.Tag, second.CSeq.Number));
        Assert.NotEqual(first.Via.Branch, second.Via.Branch);
        var expected = DigestHash.Response(DigestAlgorithm.Md5, DigestHash.OfUser(DigestAlgorithm.Md5, "user", "r", "secret"), "n", "00000001", "cn", "auth", DigestHash.OfRequest(DigestAlgorithm.Md5, "REGISTER", second.RequestUri));
        Assert.Contains($"response=\"{expected}\"", second[credentials], StringComparison.Ordinal);
        await upper.AnswerAsync(second, status, headers: $"{challenge}: Digest realm=\"r\", nonce=\"m\", algorithm=MD5\r\n");
        Assert.Equal(status, (await answer).Status);        // the password is wrong: not asked again
    }

    [Fact]
    public async Task An_upper_platform_is_reached_over_TCP_and_answers_there()
    {
        await using var rig = new EndpointRig();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var flow = await rig.Endpoint.ConnectAsync((IPEndPoint)listener.LocalEndpoint, SipTransport.Tcp, default);
        using var upper = ScriptedPeer.Accepted(await listener.AcceptSocketAsync());
        var answer = rig.Endpoint.SendAsync(Draft("REGISTER"), flow);
        var register = await upper.ReadAsync("REGISTER");
        Assert.Equal("TCP", register.Via.Transport);
        await upper.AnswerAsync(register, 200);
        Assert.Equal(200, (await answer).Status);
        rig.Advance(100);
        Assert.Equal(0, rig.Figures.Resent);                // nothing is sent twice over TCP
        Assert.True(flow.IsOpen);                           // and ours need not register

        await upper.RequestAsync("INVITE", "1");            // the platform calls back over the same connection
        await upper.ReadAsync(100);
        (await rig.User.NextAsync("INVITE")).Answer(404);
        await upper.ReadAsync(404);

        var pending = rig.Endpoint.SendAsync(Draft("MESSAGE"), flow);
        await upper.ReadAsync("MESSAGE");
        upper.Dispose();
        Assert.Equal((503, true), ((await pending).Status, (await pending).IsMadeHere));
        await EndpointRig.Until(() => rig.User.Closed == 1, "told");
        Assert.False(flow.IsOpen);
        Assert.Equal(503, (await rig.Endpoint.SendAsync(Draft("MESSAGE"), flow)).Status);
    }

    private static SipDraft Draft(string method) => new(method, Device, Server, Device);

    /// <summary>The way to a device is known when it has said something.</summary>
    internal static async Task<SipFlow> FlowOfAsync(EndpointRig rig, ScriptedPeer device)
    {
        await device.RequestAsync("MESSAGE", $"flow{device.Local.Port}");
        var incoming = await rig.User.NextAsync("MESSAGE");
        incoming.Answer(200);
        await device.ReadAsync(200);
        return incoming.Flow;
    }
}
