using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeRecorder.Jt808;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Jt808;

/// <summary>Who comes in, what is answered, and what the box is told.</summary>
public sealed class TerminalServerTests
{
    private const string Sim = "13912345678", Phone = "013912345678", Phone2019 = "00000000013912345678";

    [Theory]
    [InlineData(Phone, null)]
    [InlineData(Phone, true)]                                // bit 14 with a 2013 header
    [InlineData(Phone2019, null)]
    [InlineData(Phone2019, false)]                           // a 2019 header without bit 14
    public async Task A_terminal_registers_and_authenticates_and_is_answered_under_its_own_header(string phone, bool? hasVersionFlag)
    {
        await using var rig = new ServerRig();
        using var terminal = await rig.ConnectAsync(phone, hasVersionFlag);

        var code = await terminal.RegisterAsync();
        await terminal.AuthenticateAsync(code!);
        var serial = await terminal.SendAsync(0x0002);

        var reply = await terminal.ReadAsync(0x8001);
        Assert.True(reply.IsReply(serial, 0x0002, 0));
        Assert.Equal($"{(hasVersionFlag ?? phone == Phone2019 ? 0x4005 : 5):X4}{(phone == Phone2019 ? "01" : "")}{phone}", reply.Head);
        Assert.Equal(2, reply.Serial);                       // our own numbers count from 0
        var registration = (Registration)(await rig.Observer.NextAsync($"registered {Sim}"))!;
        Assert.Equal("粤A12345", registration.Plate);
        var seen = (ITerminal)(await rig.Observer.NextAsync($"connected {Sim}"))!;
        Assert.Same(seen, rig.Server.Find(ServerRig.Sim(Sim)));
        Assert.Equal((IPAddress.Loopback, phone == Phone2019 ? HeaderLayout.Jt2019 : HeaderLayout.Jt2013), (seen.LocalAddress, seen.Layout));
        Assert.Equal((0, 1), (rig.Server.Pending, rig.Server.Count));
    }

    [Fact]
    public async Task The_code_is_16_characters_and_is_right_on_every_connection_and_after_a_restart()
    {
        string? code;
        await using (var rig = new ServerRig())
        {
            var (terminal, _) = await rig.EnterAsync();
            terminal.Dispose();
            await rig.Observer.NextAsync($"gone {Sim}: it closed the connection");
            using var again = await rig.ConnectAsync();
            code = await again.RegisterAsync();
            Assert.Matches("^[0-9A-F]{16}$", Encoding.ASCII.GetString(Convert.FromHexString(code!)));
        }
        await using var restarted = new ServerRig();
        using var reconnected = await restarted.ConnectAsync(Phone2019);
        await reconnected.AuthenticateAsync(code!);           // without registering, and with the other header
        await restarted.Observer.NextAsync($"connected {Sim}");

        await using var other = new ServerRig(key: new byte[32]);
        using var stranger = await other.ConnectAsync();
        await stranger.AuthenticateAsync(code!, result: 1);
    }

    [Fact]
    public async Task A_wrong_code_is_refused_and_the_terminal_may_register_again()
    {
        await using var rig = new ServerRig();
        using var terminal = await rig.ConnectAsync();
        await terminal.AuthenticateAsync("31323334", result: 1);
        await terminal.AskAsync(1, 0x0200, PositionBody);
        Assert.Null(rig.Server.Find(ServerRig.Sim(Sim)));
        await terminal.EnterAsync();
        Assert.Equal((1, 1), (rig.Server.Figures.WrongCodes, rig.Server.Figures.Strangers));
    }

    [Fact]
    public async Task A_code_of_another_platform_is_right_where_the_registry_knows_it()
    {
        await using var rig = new ServerRig();
        rig.Registry.Codes[Sim] = "393837";
        using var terminal = await rig.ConnectAsync();
        await terminal.AuthenticateAsync("393837");
        await rig.Observer.NextAsync($"connected {Sim}");
    }

    [Theory]
    [InlineData(Admission.Admitted, 0)]
    [InlineData(Admission.Waiting, 1)]
    public async Task Any_code_is_right_where_the_owner_says_so_and_the_terminal_is_approved(object admission, int result)
    {
        await using var rig = new ServerRig(options => options with { AcceptAnyCode = true });
        rig.Registry.Default = (Admission)admission;
        using var terminal = await rig.ConnectAsync();
        await terminal.AuthenticateAsync("393837", result);
    }

    [Fact]
    public async Task A_terminal_that_is_not_listed_is_refused()
    {
        await using var rig = new ServerRig();
        rig.Registry.Default = Admission.Refused;
        using var terminal = await rig.ConnectAsync();
        var serial = await terminal.SendAsync(0x0100, ScriptedTerminal.RegistrationBody);
        Assert.Equal($"{serial:X4}04", (await terminal.ReadAsync(0x8100)).Body);
        await terminal.AuthenticateAsync(Convert.ToHexString(new AuthorityCode(ServerRig.Key).Of(ServerRig.Sim(Sim))), result: 1);
        Assert.Equal(2, rig.Server.Figures.Refusals);
    }

    [Fact]
    public async Task A_terminal_that_waits_for_approval_is_kept_and_answered()
    {
        await using var rig = new ServerRig();
        rig.Registry.Default = Admission.Waiting;
        var (terminal, _) = await rig.EnterAsync();
        await terminal.AskAsync(0, 0x0200, PositionBody);
        terminal.Dispose();
    }

    [Fact]
    public async Task Before_authentication_only_what_leads_there_is_heard()
    {
        await using var rig = new ServerRig();
        using var terminal = await rig.ConnectAsync();
        await terminal.SendAsync(0x0001, "0000810000");       // gets no answer
        await terminal.AskAsync(0, 0x0002);
        await terminal.AskAsync(1, 0x0200, PositionBody);
        await terminal.AskAsync(1, 0x1003, "06010001014000620808");
        await terminal.AskAsync(1, 0x0F0F);
        await terminal.AskAsync(1, 0x1205, "0002000100", flags: 0x2000);
        await terminal.SendAsync(0x0004);
        Assert.Equal(rig.Time.GetUtcNow().UtcDateTime.ToString("yyMMddHHmmss"), (await terminal.ReadAsync(0x8004)).Body);
        await terminal.AskAsync(0, 0x0003);
        Assert.Null(await terminal.ReadAsync());
        Assert.Equal(0, rig.Observer.Waiting);
        Assert.Equal(0, rig.Server.AssemblyBytes);
    }

    [Fact]
    public async Task Where_authentication_is_not_required_the_first_position_is_enough()
    {
        await using var rig = new ServerRig(options => options with { RequireAuthentication = false });
        using var terminal = await rig.ConnectAsync();
        await terminal.AskAsync(0, 0x0200, PositionBody);
        await rig.Observer.NextAsync($"connected {Sim}");
        await rig.Observer.NextAsync($"{Sim} Live 31230416");
    }

    [Fact]
    public async Task Every_message_is_answered_and_what_matters_is_told()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        await terminal.AskAsync(0, 0x0002);
        await terminal.AskAsync(0, 0x0200, PositionBody);
        await rig.Observer.NextAsync($"{Sim} Live 31230416");
        await terminal.AskAsync(0, 0x0704, BodyOf("J28"));
        await rig.Observer.NextAsync($"{Sim} Batch 12222222");
        await rig.Observer.NextAsync($"{Sim} Batch 13333333");
        await terminal.AskAsync(0, 0x0704, BodyOf("J29").Remove(4, 2).Insert(4, "01"));
        await rig.Observer.NextAsync($"{Sim} Blind 116307629");
        await rig.Observer.NextAsync($"{Sim} Blind 116307629");
        await terminal.AskAsync(0, 0x1003, BodyOf("K2"));
        await rig.Observer.NextAsync($"{Sim} attributes");
        await terminal.AskAsync(0, 0x1005, BodyOf("K26"));
        await rig.Observer.NextAsync($"{Sim} passengers 12 7");
        await terminal.AskAsync(0, 0x1206, BodyOf("K25"));
        await rig.Observer.NextAsync($"{Sim} upload {0x1B8A} False");
        await terminal.AskAsync(0, 0x0104, BodyOf("J34"));
        await rig.Observer.NextAsync($"{Sim} parameters 1");
        await terminal.AskAsync(0, 0x1205, BodyOf("K15"));
        await terminal.SendAsync(0x0001, "0000FFFF00");       // answers nothing
        await terminal.SendAsync(0x0004);
        await terminal.ReadAsync(0x8004);
        Assert.Equal(3, rig.Server.Figures.Unmatched);        // parameters, list and reply that nobody asked for
        Assert.Empty(rig.Observer.OutOfTurn);
    }

    [Fact]
    public async Task What_is_not_read_is_answered_too()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        foreach (var id in (int[])[0x0005, 0x0107, 0x0108, 0x0201, 0x0301, 0x0302, 0x0303, 0x0500, 0x0608, 0x0700, 0x0701, 0x0702, 0x0705, 0x0800, 0x0805, 0x0900, 0x0901, 0x0A00])
            await terminal.AskAsync(0, id, "0102");
        foreach (var id in (int[])[0x0000, 0x0006, 0x0801, 0x0F0F, 0x1210, 0x8001, 0xFFFF])
            await terminal.AskAsync(3, id, "0102");
        await terminal.SendPackageAsync(0x0801, 100, 3, 1, "0102");
        Assert.True((await terminal.ReadAsync(0x8001)).IsReply(100, 0x0801, 3));
        Assert.Equal(8, rig.Server.Figures.Unknown);
        Assert.Equal(0, rig.Server.AssemblyBytes);
    }

    [Theory]
    [InlineData(0x0200, "00")]
    [InlineData(0x0704, "0001")]
    [InlineData(0x1003, "0601")]
    [InlineData(0x1005, "2601")]
    [InlineData(0x1205, "0001")]
    [InlineData(0x1206, "0001")]
    [InlineData(0x0104, "00")]
    [InlineData(0x0100, "0000")]
    public async Task A_body_that_is_too_short_is_a_bad_message(int id, string body)
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        await terminal.AskAsync(2, id, body);
        await terminal.AskAsync(0, 0x0002);                   // and nothing else happens
        Assert.Equal((1, 0), (rig.Server.Figures.BadBodies, rig.Server.Figures.BadFrames));
    }

    [Fact]
    public async Task An_encrypted_body_is_not_supported()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        await terminal.AskAsync(3, 0x0200, PositionBody, flags: 0x0400);
        await terminal.AskAsync(0, 0x0002);
        Assert.Equal((1, 0), (rig.Server.Figures.Encrypted, rig.Observer.Waiting));
    }

    [Fact]
    public async Task Another_terminals_messages_on_the_same_connection_are_refused_under_that_ones_header()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        using var other = new ScriptedTerminal("000000007777");
        await terminal.SendRawAsync(other.Bytes(0x0200, PositionBody, 9));
        var said = await terminal.ReadAsync(0x8001);
        Assert.True(said.IsReply(9, 0x0200, 1));
        Assert.Equal("0005000000007777", said.Head);
        Assert.Equal(0, rig.Observer.Waiting);
    }

    [Fact]
    public async Task An_unregistered_terminal_gets_its_answer_and_the_end_and_its_stored_code_is_forgotten()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        Assert.True(rig.Registry.Codes.ContainsKey(Sim));
        await terminal.AskAsync(0, 0x0003);
        Assert.Null(await terminal.ReadAsync());
        terminal.Dispose();
        await rig.Observer.NextAsync($"gone {Sim}: it unregistered");
        Assert.False(rig.Registry.Codes.ContainsKey(Sim));
        Assert.Equal(1, rig.Server.Figures.Ended(ConnectionEnd.Unregistered));
    }

    [Fact]
    public async Task A_terminal_that_is_not_wanted_any_more_is_dismissed()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        seen.Dismiss();
        Assert.Null(await terminal.ReadAsync());
        await rig.Observer.NextAsync($"gone {Sim}: it is not wanted any more");
    }

    [Fact]
    public async Task A_package_of_one_is_a_whole_message_and_strangers_get_none_put_together()
    {
        await using var rig = new ServerRig();
        using var terminal = await rig.ConnectAsync();
        await terminal.AskAsync(2, 0x0100, $"00020001{ScriptedTerminal.RegistrationBody}", flags: 0x2000);
        await terminal.AskAsync(2, 0x0102, "0002000141", flags: 0x2000);
        await terminal.EnterAsync();
        await terminal.AskAsync(0, 0x0200, $"00010001{PositionBody}", flags: 0x2000);
        await terminal.AskAsync(2, 0x0200, $"00010002{PositionBody}", flags: 0x2000);
        await terminal.AskAsync(2, 0x0200, $"00000000{PositionBody}", flags: 0x2000);
        Assert.Equal(0, rig.Server.AssemblyBytes);
    }

    [Fact]
    public async Task A_second_connection_wins_when_it_has_authenticated_and_not_before()
    {
        await using var rig = new ServerRig();
        var (first, seen) = await rig.EnterAsync();
        using var _ = first;
        var waiting = seen.CommandAsync(T9102LiveControl.Close(1), CancellationToken.None);
        await first.ReadAsync(0x9102);

        using var second = await rig.ConnectAsync();
        var code = await second.RegisterAsync();
        await second.AuthenticateAsync("00", result: 1);
        await first.AskAsync(0, 0x0002);
        Assert.Same(seen, rig.Server.Find(seen.Sim));
        await rig.Observer.NextAsync($"registered {Sim}");

        await second.AuthenticateAsync(code!);
        await rig.Observer.NextAsync($"gone {Sim}: it has another, newer connection");
        var now = (ITerminal)(await rig.Observer.NextAsync($"connected {Sim}"))!;
        Assert.Same(now, rig.Server.Find(seen.Sim));
        Assert.Null(await first.ReadAsync());
        Assert.Equal("it has another, newer connection", (await Assert.ThrowsAsync<TerminalGoneException>(() => waiting)).Message);
        await Assert.ThrowsAsync<TerminalGoneException>(() => seen.CommandAsync(T9102LiveControl.Close(1), CancellationToken.None));
        Assert.False(seen.Tell(new T9105LiveStatus(1, 0)));
        Assert.Equal((1, 1), (rig.Server.Figures.Replaced, rig.Server.Count));
        Assert.Empty(rig.Observer.OutOfTurn);
    }

    [Fact]
    public async Task Two_that_reconnect_at_once_over_and_over_leave_one_and_everybody_is_told_in_turn()
    {
        await using var rig = new ServerRig();
        using var first = await rig.ConnectAsync();
        var code = await first.RegisterAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            var terminal = await rig.ConnectAsync();
            await terminal.SendAsync(0x0102, code!);
            await terminal.SendAsync(0x0200, PositionBody);
            while (await terminal.ReadAsync() is { } said && !said.IsReply(1, 0x0200, 0)) { }
        }));
        await ServerRig.Until(() => rig.Server.Count == 1 && rig.Server.Figures.Replaced == 39, "one left");
        Assert.Empty(rig.Observer.OutOfTurn);
    }

    [Fact]
    public async Task A_fault_behind_the_observer_ends_that_connection_only()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        rig.Observer.Fault = new InvalidOperationException("a fault");
        await terminal.SendAsync(0x0200, PositionBody);
        Assert.Null(await terminal.ReadAsync());
        await rig.Observer.NextAsync($"gone {Sim}: the connection failed");
        rig.Observer.Fault = null;
        var (again, _) = await rig.EnterAsync();
        again.Dispose();
    }

    [Fact]
    public async Task A_stop_ends_all_connections_and_tells_of_each()
    {
        var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        using var silent = await rig.ConnectAsync("000000000001");
        await ServerRig.Until(() => rig.Server.Pending == 1, "the second connection");
        await rig.DisposeAsync();
        Assert.Null(await terminal.ReadAsync());
        Assert.Null(await silent.ReadAsync());
        await rig.Observer.NextAsync($"gone {Sim}: the recorder stops");
        Assert.Equal((0, 0), (rig.Server.Pending, rig.Server.Count));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_at_the_start()
    {
        await using var rig = new ServerRig();
        await using var second = new TerminalServer(new() { Port = rig.Server.Port, Bind = IPAddress.Loopback }, new(ServerRig.Key), rig.Registry, rig.Observer, rig.Time, NullLogger<TerminalServer>.Instance);
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(second.Start).SocketErrorCode);
    }

    internal static string PositionBody => BodyOf("J26");

    internal static string BodyOf(string vector) => Convert.ToHexString(Heard.Of(Vectors.Of(vector)).Body);
}
