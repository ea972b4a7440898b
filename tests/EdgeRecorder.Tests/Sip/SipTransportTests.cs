using EdgeRecorder.DigestAuth;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Tests.Sip;

/// <summary>What peers can cost the box over UDP and TCP.</summary>
public sealed class SipTransportTests
{
    private const string Realm = "3402000000", Password = "Gb@28181", Uri = "sip:34020000002000000001@3402000000";

    [Fact]
    public async Task Over_TCP_messages_are_cut_anywhere_and_answered_on_their_connection()
    {
        await using var rig = new EndpointRig();
        rig.User.Handler = incoming => incoming.Answer(200);
        using var device = await rig.TcpAsync();
        byte[] wire = [.. "\r\n\r\n"u8, .. Vectors.Of("V6"), .. "\r\n"u8, .. Vectors.Of("V9.1")];
        foreach (var piece in wire.Chunk(7))
            await device.SendAsync(piece);
        Assert.Equal("ka43@10.0.0.20", (await device.ReadAsync(200)).CallId);
        Assert.Equal("cr1@10.0.0.20", (await device.ReadAsync(200)).CallId);
        Assert.Equal(0, rig.User.Closed);
        device.Dispose();
        await EndpointRig.Until(() => rig.User.Closed == 1, "told");
        await EndpointRig.Until(() => rig.Endpoint.Connections == 0, "gone");
    }

    [Fact]
    public async Task Garbage_endless_headers_and_lengths_end_their_connection_and_no_other()
    {
        await using var rig = new EndpointRig();
        rig.User.Handler = incoming => incoming.Answer(200);
        using var device = await rig.TcpAsync();
        await device.RequestAsync("MESSAGE", "1");
        await device.ReadAsync(200);
        string[] attacks =
        [
            "\0\0\0\0", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", device.Request("MESSAGE", "2").Replace("Content-Length: 0", "Content-Length: 70000", StringComparison.Ordinal),
            device.Request("MESSAGE", "3").Replace("Content-Length: 0\r\n", "", StringComparison.Ordinal), device.Request("MESSAGE", "4", headers: $"A: {new string('a', 5000)}\r\n"),
        ];
        foreach (var attack in attacks)
        {
            using var attacker = await rig.TcpAsync("127.0.0.2");
            await attacker.SendAsync(attack);
            Assert.Null(await attacker.TextAsync());
        }
        using (var endless = await rig.TcpAsync("127.0.0.2"))
        {
            await endless.SendAsync("MESSAGE sip:a@b SIP/2.0\r\n");
            try
            {
                for (var i = 0; i < 1024; i++)
                    await endless.SendAsync($"A{i}: {new string('a', 1000)}\r\n");
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Closed before a megabyte was sent.
            }
            Assert.Null(await endless.TextAsync());
        }
        Assert.Equal(6, rig.Figures.Refused(SipRefusal.Malformed));
        await device.RequestAsync("MESSAGE", "5", number: 2);
        await device.ReadAsync(200);
        await EndpointRig.Until(() => rig.Endpoint.Connections == 1, "only the attackers are gone");
    }

    [Fact]
    public async Task Garbage_over_UDP_is_counted_and_answered_with_nothing()
    {
        await using var rig = new EndpointRig();
        rig.User.Handler = incoming => incoming.Answer(200);
        using var scanner = rig.Udp();
        await scanner.SendAsync("OPTIONS sip:100@1.1.1.1 SIP/2.0\r\n\r\n");
        await scanner.SendAsync(new byte[1000]);
        await scanner.SendAsync("\r\n\r\n");
        await scanner.SendAsync("x");
        await scanner.RequestAsync("MESSAGE", "1");
        Assert.Equal("call", (await scanner.ReadAsync(200)).CallId);
        Assert.Equal(2, rig.Figures.Refused(SipRefusal.Malformed));
        Assert.Equal(1, rig.Figures.Sent);
    }

    [Fact]
    public async Task Bodies_of_megabytes_are_for_those_we_know()
    {
        await using var rig = new EndpointRig();
        rig.User.Handler = incoming => incoming.Answer(200);
        using var device = await rig.TcpAsync();
        SipFlow? flow = null;
        rig.User.Handler = incoming => (flow = incoming.Flow).IsOpen && incoming.Answer(200);
        await device.RequestAsync("REGISTER", "1");
        await device.ReadAsync(200);
        flow!.IsKnown = true;
        var large = new string('x', 3_000_000);
        await device.RequestAsync("MESSAGE", "2", number: 2, body: large);
        await device.ReadAsync(200);
        flow.IsKnown = false;
        await device.RequestAsync("MESSAGE", "3", number: 3, body: large[..100_000]);
        Assert.Null(await device.TextAsync());
    }

    [Fact]
    public async Task Who_says_nothing_does_not_register_or_never_ends_a_message_is_closed()
    {
        await using var rig = new EndpointRig();
        rig.User.Handler = incoming =>
        {
            incoming.Flow.IsKnown |= incoming.Request.Method == "REGISTER";
            return incoming.Answer(200);
        };
        using var silent = await rig.TcpAsync();
        using var stranger = await rig.TcpAsync();
        using var known = await rig.TcpAsync();
        using var slow = await rig.TcpAsync();
        await stranger.RequestAsync("OPTIONS", "1");
        await stranger.ReadAsync(200);
        await known.RequestAsync("REGISTER", "1");
        await known.ReadAsync(200);
        await slow.RequestAsync("REGISTER", "1", user: "34020000001180000002");
        await slow.ReadAsync(200);
        await slow.SendAsync("MESS");
        await known.RequestAsync("MESSAGE", "2");
        await known.ReadAsync(200);
        rig.Advance(10);
        Assert.Null(await silent.TextAsync());
        rig.Advance(21);
        Assert.Null(await slow.TextAsync());
        rig.Advance(30);
        Assert.Null(await stranger.TextAsync());
        rig.Advance(600);
        await known.RequestAsync("MESSAGE", "3");
        await known.ReadAsync(200);
        Assert.Equal(3, rig.Figures.Refused(SipRefusal.Connection));
    }

    [Fact]
    public async Task Silent_connections_are_bounded_and_never_shut_a_device_out()
    {
        await using var rig = new EndpointRig(options => options with { MostUnknown = 20, MostUnknownPerAddress = 5 });
        rig.User.Handler = incoming => incoming.Flow.IsKnown = incoming.Answer(200);
        using var known = await rig.TcpAsync();
        await known.RequestAsync("REGISTER", "1");
        await known.ReadAsync(200);
        List<ScriptedPeer> crowd = [];
        for (var i = 0; i < 100; i++)
            crowd.Add(await rig.TcpAsync("127.0.0.2"));
        await EndpointRig.Until(() => rig.Figures.Accepted == 101, "all taken");
        using var newcomer = await rig.TcpAsync("127.0.0.3");
        await newcomer.RequestAsync("REGISTER", "1");
        await newcomer.ReadAsync(200);
        await EndpointRig.Until(() => rig.Endpoint.Connections <= 22, "the oldest made room");
        rig.Advance(6);
        await EndpointRig.Until(() => rig.Endpoint.Connections == 7, "five of that address and the two that registered");
        await known.RequestAsync("MESSAGE", "2");
        await known.ReadAsync(200);
        crowd.ForEach(peer => peer.Dispose());
    }

    [Fact]
    public async Task A_hundred_thousand_messages_of_one_device_are_limited_and_hurt_nobody_else()
    {
        await using var rig = new EndpointRig();
        var flood = 0;
        rig.User.Handler = incoming =>
        {
            incoming.Flow.IsKnown = true;
            flood += incoming.Request.CallId == "flood" ? 1 : 0;
            return incoming.Answer(200);
        };
        using var flooder = rig.Udp();
        using var device = rig.Udp();
        await device.RequestAsync("REGISTER", "r1");
        await device.ReadAsync(200);
        await flooder.RequestAsync("REGISTER", "r2", "other");
        await flooder.ReadAsync(200);
        // A minute of them. What the kernel has no room for is lost before us; time stands still, so that what is let through is the burst.
        for (var i = 0; i < 100_000; i++)
        {
            await flooder.RequestAsync("MESSAGE", $"f{i}", "flood", i);
            if (i % 10_000 == 5000)
            {
                Assert.Equal(200, (await AskAsync(device, device.Request("MESSAGE", $"d{i}", "keepalive", i))).Status);
                while (device.HasMore)
                    await device.ReadAsync(200);
            }
        }
        Assert.InRange(flood, 900, 1000);
        Assert.InRange(rig.Figures.Refused(SipRefusal.TooMany), 1, 100_000);
        Assert.InRange(rig.Endpoint.Transactions, 1, 600);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        flood = 0;
        for (var i = 0; i < 500; i++)
            await flooder.RequestAsync("MESSAGE", $"g{i}", "flood", i);
        Assert.Equal(200, (await AskAsync(device, device.Request("MESSAGE", "last", "keepalive", 1_000_000))).Status);
        Assert.InRange(flood, 1, 100);
    }

    [Fact]
    public async Task Changing_the_port_does_not_help_who_floods()
    {
        await using var rig = new EndpointRig(options => options with { Burst = 5, AddressBurst = 50 });
        rig.User.Handler = incoming => incoming.Answer(403);
        for (var i = 0; i < 30; i++)
        {
            using var scanner = rig.Udp("127.0.0.2");
            for (var n = 0; n < 10; n++)
                await scanner.RequestAsync("REGISTER", $"{i}.{n}", $"{i}.{n}");
            await EndpointRig.Until(() => rig.Figures.Received + rig.Figures.Refused(SipRefusal.TooMany) == (i + 1) * 10, "all seen");
        }
        Assert.Equal(50, rig.Figures.Received);
        using var device = rig.Udp();
        await device.RequestAsync("REGISTER", "1");
        await device.ReadAsync(403);
    }

    [Fact]
    public async Task A_flood_over_TCP_is_slowed_down()
    {
        await using var rig = new EndpointRig(options => options with { Burst = 5, MessagesPerSecond = 10 });
        rig.User.Handler = incoming => incoming.Answer(200);
        using var flooder = await rig.TcpAsync();
        for (var i = 0; i < 100; i++)
            await flooder.RequestAsync("MESSAGE", $"{i}", number: i);
        for (var i = 0; i < 5; i++)
            await flooder.ReadAsync(200);
        await EndpointRig.Until(() => rig.Figures.Refused(SipRefusal.TooMany) == 1, "it waits");
        await EndpointRig.Until(() => rig.Figures.Received == 5, "five at once");
        for (var second = 1; second <= 9; second++)
        {
            for (var half = 1; half <= 2; half++)
            {
                rig.Time.Advance(TimeSpan.FromMilliseconds(500));
                for (var i = 0; i < 5; i++)
                    await flooder.ReadAsync(200);
            }
            await EndpointRig.Until(() => rig.Figures.Received == 5 + second * 10, "ten a second");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Five_hundred_devices_register_at_once(bool overTcp)
    {
        await using var rig = new EndpointRig(time: TimeProvider.System);
        var guard = new DigestGuard(new() { Realm = Realm }, TimeProvider.System);
        rig.User.Handler = incoming =>
        {
            var result = guard.Verify("REGISTER", incoming.Request.Values("Authorization"), incoming.Source.Address, (user, algorithm) => DigestHash.OfUser(algorithm, user, Realm, Password));
            if (!result.IsRight)
                return incoming.Answer(401, guard.Challenges(incoming.Source.Address, result.IsStale).Select(value => ("WWW-Authenticate", value)));
            incoming.Flow.IsKnown = true;
            return incoming.Answer(200);
        };
        List<ScriptedPeer> devices = [];
        try
        {
            for (var i = 0; i < 500; i++)
                devices.Add(overTcp ? await rig.TcpAsync() : rig.Udp());
            await Task.WhenAll(devices.Select((device, i) => RegisterAsync(device, $"3402000000118{i:D7}")));
        }
        finally
        {
            devices.ForEach(device => device.Dispose());
        }
        Assert.Equal(0, rig.Figures.Refused(SipRefusal.TooMany));
    }

    [Fact]
    public async Task A_registration_that_was_recorded_is_good_for_nothing()
    {
        await using var rig = new EndpointRig();
        var guard = new DigestGuard(new() { Realm = Realm }, rig.Time);
        rig.User.Handler = incoming =>
        {
            var result = guard.Verify("REGISTER", incoming.Request.Values("Authorization"), incoming.Source.Address, (user, algorithm) => DigestHash.OfUser(algorithm, user, Realm, Password));
            return incoming.Answer(result.IsRight ? 200 : 401, guard.Challenges(incoming.Source.Address, result.IsStale).Select(value => ("WWW-Authenticate", value)));
        };
        using var device = rig.Udp();
        using var thief = rig.Udp();
        using var elsewhere = rig.Udp("127.0.0.2");
        await device.RequestAsync("REGISTER", "1");
        var credentials = $"Authorization: {Credentials(await device.ReadAsync(401), "34020000001180000001")}\r\n";
        await device.RequestAsync("REGISTER", "2", number: 2, headers: credentials);
        await device.ReadAsync(200);
        await device.RequestAsync("REGISTER", "2", number: 2, headers: credentials);                    // a retransmission is none
        await device.ReadAsync(200);
        await thief.RequestAsync("REGISTER", "3", "x", headers: credentials);
        Assert.Contains("stale=true", (await thief.ReadAsync(401))["WWW-Authenticate"], StringComparison.Ordinal);
        await elsewhere.RequestAsync("REGISTER", "2", number: 2, headers: credentials);
        await elsewhere.ReadAsync(401);
        await device.RequestAsync("REGISTER", "4", number: 3, headers: credentials + "Expires: 0\r\n");
        await device.ReadAsync(401);
    }

    private static string Credentials(SipMessage challenge, string user)
    {
        var client = new Authenticator(user, Password, allowBasic: false);
        Assert.True(client.Accept(challenge.Values("WWW-Authenticate")));
        return client.Header("REGISTER", Uri)!;
    }

    /// <summary>As a device does: what is not answered within a second or two is sent again.</summary>
    private static async Task RegisterAsync(ScriptedPeer device, string user)
    {
        var challenge = await AskAsync(device, device.Request("REGISTER", $"{user}a", user, 1, user: user));
        Assert.Equal(401, challenge.Status);
        var answer = await AskAsync(device, device.Request("REGISTER", $"{user}b", user, 2, headers: $"Authorization: {Credentials(challenge, user)}\r\n", user: user));
        while (answer.CSeq.Number == 1)
            answer = await device.ReadAsync();              // the challenge once more, to a repetition that crossed it
        Assert.Equal(200, answer.Status);
    }

    private static async Task<SipMessage> AskAsync(ScriptedPeer device, string request)
    {
        await device.SendAsync(request);
        var reading = device.ReadAsync();
        for (var attempt = 0; attempt < 5; attempt++)
            try
            {
                return await reading.WaitAsync(TimeSpan.FromSeconds(2 << attempt));
            }
            catch (TimeoutException)
            {
                await device.SendAsync(request);
            }
        return await reading;
    }
}
