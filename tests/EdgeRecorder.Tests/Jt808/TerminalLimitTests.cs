using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Jt808;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Jt808;

/// <summary>What a peer can cost the box: little, and not for long.</summary>
public sealed class TerminalLimitTests
{
    private const string Sim = "13912345678";

    [Fact]
    public async Task Ten_thousand_silent_connections_are_bounded_and_closed()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        List<Socket> crowd = [];
        try
        {
            var most = 0;
            for (var i = 0; i < 10_000; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                crowd.Add(socket);
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(i % 250 + 1)]), 0));
                await socket.ConnectAsync(IPAddress.Loopback, rig.Server.Port);
                most = Math.Max(most, rig.Server.Pending);
            }
            await ServerRig.Until(() => rig.Server.Figures.Accepted == 10_001, "all taken");
            Assert.InRange(most, 1000, 1024);
            await ServerRig.Until(() => rig.Server.Figures.Ended(ConnectionEnd.MadeRoom) == 10_000 - 1024, "the rest closed");

            await terminal.AskAsync(0, 0x0002);               // the terminal notices nothing
            using var newcomer = await rig.ConnectAsync("000000000002");
            await newcomer.EnterAsync();

            rig.Advance(15);
            await ServerRig.Until(() => rig.Server.Pending == 0, "all closed");
            await terminal.AskAsync(0, 0x0002);
            Assert.Equal(2, rig.Server.Count);
        }
        finally
        {
            crowd.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task From_one_address_only_so_many_may_be_silent_unless_they_are_terminals_we_know()
    {
        await using var rig = new ServerRig(options => options with { MostPendingPerSource = 4 });
        rig.Registry.Default = Admission.Waiting;
        List<ScriptedTerminal> all = [];
        for (var i = 0; i < 12; i++)
        {
            var phone = $"{i + 1:D12}";
            if (i >= 6)
                rig.Registry.Admissions[$"{i + 1}"] = Admission.Admitted;
            all.Add(await rig.ConnectAsync(phone));
            Assert.NotNull(await all[^1].RegisterAsync());
        }
        var elsewhere = await rig.ConnectAsync("000000000099", from: IPAddress.Parse("127.0.0.9"));
        await ServerRig.Until(() => rig.Server.Pending == 13, "all connected");
        rig.Advance(2.5);
        Assert.Equal(13, rig.Server.Pending);                 // a burst after a restart of ours is no attack
        rig.Advance(1);
        await ServerRig.Until(() => rig.Server.Pending == 11, "two too many closed");
        Assert.Null(await all[0].ReadAsync());
        Assert.Null(await all[1].ReadAsync());
        foreach (var known in all[6..])
            await known.AskAsync(0, 0x0002);
        await elsewhere.AskAsync(0, 0x0002);
        all.ForEach(terminal => terminal.Dispose());
        elsewhere.Dispose();
    }

    [Fact]
    public async Task Terminals_that_wait_are_bounded_and_make_room_for_approved_ones()
    {
        await using var rig = new ServerRig(options => options with { MostWaiting = 2, MostTerminals = 3 });
        rig.Registry.Default = Admission.Waiting;
        rig.Registry.Admissions["7"] = rig.Registry.Admissions["8"] = rig.Registry.Admissions["9"] = rig.Registry.Admissions["10"] = Admission.Admitted;
        var (first, _) = await rig.EnterAsync("000000000001");
        var (second, _) = await rig.EnterAsync("000000000002");
        using (var third = await rig.ConnectAsync("000000000003"))
            await third.AuthenticateAsync((await third.RegisterAsync())!, result: 1);
        await rig.Observer.NextAsync("registered 3");
        var (seven, _) = await rig.EnterAsync("000000000007");
        using var eight = await rig.ConnectAsync("000000000008");
        await eight.EnterAsync();
        await ServerRig.Until(() => rig.Server.Figures.Ended(ConnectionEnd.MadeRoom) == 1, "one that waited is gone");
        Assert.Equal(3, rig.Server.Count);
        using var nine = await rig.ConnectAsync("000000000009");
        await nine.EnterAsync();
        using var ten = await rig.ConnectAsync("000000000010");
        await ten.AuthenticateAsync((await ten.RegisterAsync())!, result: 1);        // full of approved ones
        foreach (var terminal in (ScriptedTerminal[])[first, second, seven])
            terminal.Dispose();
    }

    [Fact]
    public async Task Terminals_that_were_approved_meanwhile_wait_no_more()
    {
        await using var rig = new ServerRig(options => options with { MostWaiting = 1 });
        rig.Registry.Default = Admission.Waiting;
        await rig.EnterAsync("000000000001");
        using var second = await rig.ConnectAsync("000000000002");
        var code = await second.RegisterAsync();
        await second.AuthenticateAsync(code!, result: 1);
        rig.Registry.Admissions["1"] = Admission.Admitted;
        rig.Advance(1);
        await second.AuthenticateAsync(code!);
        Assert.Equal(2, rig.Server.Count);
    }

    [Fact]
    public async Task Who_says_nothing_is_closed_after_15_seconds()
    {
        await using var rig = new ServerRig();
        using var terminal = await rig.ConnectAsync();
        await ServerRig.Until(() => rig.Server.Pending == 1, "the connection");
        await terminal.SendRawAsync(new byte[100]);           // no frame
        rig.Advance(14.5);
        Assert.Equal(1, rig.Server.Pending);
        rig.Advance(0.5);
        Assert.Null(await terminal.ReadAsync());
        Assert.Equal(1, rig.Server.Figures.Ended(ConnectionEnd.NoFrame));
    }

    [Fact]
    public async Task Who_does_not_authenticate_is_closed_after_a_minute()
    {
        await using var rig = new ServerRig();
        using var terminal = await rig.ConnectAsync();
        for (var second = 0; second < 60; second += 10)
        {
            await terminal.AskAsync(0, 0x0002);
            rig.Advance(10);
        }
        Assert.Null(await terminal.ReadAsync());
        Assert.Equal(1, rig.Server.Figures.Ended(ConnectionEnd.NotAuthenticated));
    }

    [Fact]
    public async Task A_frame_that_comes_byte_by_byte_has_10_seconds()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        var frame = terminal.Bytes(0x0200, TerminalServerTests.PositionBody, 5);
        foreach (var value in frame[..20])                    // a byte each 0.45 s is in time …
        {
            await terminal.SendRawAsync(new[] { value });
            rig.Advance(0.45);
        }
        await terminal.SendRawAsync(frame.AsMemory(20));
        Assert.True((await terminal.ReadAsync(0x8001)).IsReply(5, 0x0200, 0));
        await terminal.AskAsync(0, 0x0002);
        await terminal.SendRawAsync((byte[])[.. terminal.Bytes(0x0002, "", 9), .. frame.AsSpan(0, 5)]);
        await terminal.ReadAsync(0x8001);                     // … and one that stops is not
        rig.Advance(9.5);
        Assert.Equal(1, rig.Server.Count);
        rig.Advance(0.5);
        Assert.Null(await terminal.ReadAsync());
        Assert.Equal(1, rig.Server.Figures.Ended(ConnectionEnd.SlowFrame));
    }

    [Fact]
    public async Task Three_minutes_of_silence_end_a_terminals_connection_and_a_heartbeat_keeps_it()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        rig.Advance(179);
        await terminal.AskAsync(0, 0x0002);
        rig.Advance(179);
        Assert.Equal(1, rig.Server.Count);
        rig.Advance(1);
        Assert.Null(await terminal.ReadAsync());
        await rig.Observer.NextAsync($"gone {Sim}: it has been silent for too long");
    }

    [Fact]
    public async Task Ten_damaged_frames_in_a_minute_end_a_connection_and_fewer_do_not()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        var bad = Convert.FromHexString("7E000200000139123456780001327E");           // N1
        for (var i = 0; i < 9; i++)
            await terminal.SendRawAsync(bad);
        await terminal.AskAsync(0, 0x0002);
        rig.Advance(60);
        await terminal.AskAsync(0, 0x0002);
        for (var i = 0; i < 9; i++)
            await terminal.SendRawAsync(bad);
        await terminal.AskAsync(0, 0x0002);
        Assert.Equal(18, rig.Server.Figures.BadFrames);
        await terminal.SendRawAsync(bad);
        Assert.Null(await terminal.ReadAsync());
        Assert.Equal(1, rig.Server.Figures.Ended(ConnectionEnd.BadFrames));
    }

    [Fact]
    public async Task Four_kilobytes_without_a_delimiter_end_a_connection()
    {
        await using var rig = new ServerRig();
        using var before = await rig.ConnectAsync();
        await before.SendRawAsync(new byte[5000]);
        Assert.Null(await before.ReadAsync());
        using var inside = await rig.ConnectAsync();
        await inside.SendRawAsync(new byte[] { 0x7E });
        await inside.SendRawAsync(new byte[5000]);
        Assert.Null(await inside.ReadAsync());
        Assert.Equal(2, rig.Server.Figures.Ended(ConnectionEnd.BadFrames));
    }

    [Fact]
    public async Task A_terminal_that_reads_nothing_is_closed()
    {
        await using var rig = new ServerRig();
        var terminal = new ScriptedTerminal();
        terminal.Socket.ReceiveBufferSize = 4096;
        using var _ = await terminal.ConnectAsync(rig.Server.Port);
        await terminal.EnterAsync();
        await rig.Observer.NextAsync($"registered {Sim}");
        var seen = (ITerminal)(await rig.Observer.NextAsync($"connected {Sim}"))!;
        var told = 0;
        while (seen.Tell(new T9105LiveStatus(1, 3)))
            Assert.InRange(++told, 0, 100_000);
        await rig.Observer.NextAsync($"gone {Sim}: it takes nothing that is sent to it");
    }

    [Fact]
    public async Task What_a_terminal_does_not_take_for_10_seconds_ends_its_connection()
    {
        await using var rig = new ServerRig();
        var terminal = new ScriptedTerminal();
        terminal.Socket.ReceiveBufferSize = 4096;
        using var _ = await terminal.ConnectAsync(rig.Server.Port);
        await terminal.EnterAsync();
        await rig.Observer.NextAsync($"registered {Sim}");
        var seen = (ITerminal)(await rig.Observer.NextAsync($"connected {Sim}"))!;
        var large = new T8103SetParameters([new(1, new byte[255]), new(2, new byte[255]), new(3, new byte[255])]);
        var sent = rig.Server.Figures.Sent;
        for (var stuck = false; !stuck;)                       // until the kernel takes no more
        {
            Assert.True(seen.Tell(large));
            stuck = rig.Server.UnsentBytes > 0;
        }
        rig.Advance(9.5);
        Assert.Equal(1, rig.Server.Count);
        rig.Advance(0.5);
        await rig.Observer.NextAsync($"gone {Sim}: it takes nothing that is sent to it");
        Assert.True(rig.Server.Figures.Sent > sent);
    }

    [Fact]
    public async Task Registrations_and_wrong_codes_are_five_a_minute_and_the_right_code_is_never_refused()
    {
        await using var rig = new ServerRig();
        using var terminal = await rig.ConnectAsync();
        var code = await terminal.RegisterAsync();
        for (var i = 0; i < 4; i++)
            await terminal.AuthenticateAsync("3132", result: 1);
        await terminal.AuthenticateAsync("3132", result: 1);
        await terminal.AskAsync(1, 0x0100, ScriptedTerminal.RegistrationBody);
        Assert.Equal((4, 2), (rig.Server.Figures.WrongCodes, rig.Server.Figures.Throttled));
        using var known = await rig.ConnectAsync();
        await known.AuthenticateAsync(code!);
        await terminal.AuthenticateAsync("3132", result: 1);  // a success counts for all
        Assert.Equal(5, rig.Server.Figures.WrongCodes);
    }

    [Fact]
    public async Task Who_floods_is_read_on_only_with_the_next_round_and_nobody_else_waits()
    {
        await using var rig = new ServerRig();
        var (flood, _) = await rig.EnterAsync();
        using var _ = flood;
        var (other, _) = await rig.EnterAsync("000000000002");
        using var __ = other;
        var heartbeat = flood.Bytes(0x0002, "", 1);
        byte[] many = [.. Enumerable.Repeat(heartbeat, 5000).SelectMany(frame => frame)];
        var before = rig.Server.Figures.Messages;
        var sending = flood.SendRawAsync(many);
        var answered = 0;
        var reading = Task.Run(async () =>
        {
            for (; answered < 5000; Interlocked.Increment(ref answered))
                await flood.ReadAsync(0x8001);
        });
        await ServerRig.Until(() => rig.Server.Figures.Messages - before >= 900, "the first thousand");
        await other.AskAsync(0, 0x0002);
        Assert.InRange(rig.Server.Figures.Messages - before, 900, 2200);      // and what was in the buffer when the allowance ran out
        while (!reading.IsCompleted)
        {
            // The answers of a round have been taken before the next: what is not taken would end the connection.
            await ServerRig.Until(() => reading.IsCompleted || Volatile.Read(ref answered) >= rig.Server.Figures.Messages - before - 1, "the answers of a round");
            var seen = rig.Server.Figures.Messages;
            rig.Time.Advance(TimeSpan.FromSeconds(0.5));
            await ServerRig.Until(() => reading.IsCompleted || rig.Server.Figures.Messages > seen || seen - before > 5000, "the messages of another round");
        }
        await reading;
        await sending;
    }

    [Fact]
    public async Task Garbage_ends_its_own_connection_and_the_next_one_goes_on_undisturbed()
    {
        await using var rig = new ServerRig();
        var (terminal, _) = await rig.EnterAsync();
        using var _ = terminal;
        var code = Convert.ToHexString(new AuthorityCode(ServerRig.Key).Of(ServerRig.Sim("7")));
        byte[] vectors = [.. Vectors.All.Where(v => Heard.Of(v.Value).Id < 0x8000).SelectMany(v => v.Value)];
        var random = new Random(808);
        var round = 0;
        foreach (var wreck in Damage.Of(vectors, 200).Concat(ReframedWrecks()))
        {
            using var vandal = await rig.ConnectAsync("000000000007");
            if (round % 3 == 0)
                await vandal.SendAsync(0x0102, code);         // a terminal of ours that has gone mad
            try
            {
                await vandal.SendRawAsync(round % 5 == 4 ? Noise(random) : wreck);
                vandal.Socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // It was closed in the middle of what it sent.
            }
            await vandal.DrainAsync();
            if (++round % 10 == 0)
                await terminal.AskAsync(0, 0x0200, TerminalServerTests.PositionBody);
        }
        Assert.True(rig.Server.Figures.BadFrames > 300 && rig.Server.Figures.Messages > 3000, $"{rig.Server.Figures.BadFrames} bad, {rig.Server.Figures.Messages} good");
        await ServerRig.Until(() => rig.Server is { Count: 1, Pending: 0, AssemblyBytes: 0 }, "only the terminal left");
        await ServerRig.Until(() => rig.Server.Figures.Ended(ConnectionEnd.Replaced) == rig.Server.Figures.Replaced, "those that were replaced have ended, and no others for that");
        Assert.Empty(rig.Observer.OutOfTurn);
    }

    /// <summary>Damage that the check byte does not show: it reaches headers and bodies.</summary>
    private static IEnumerable<byte[]> ReframedWrecks()
    {
        var plains = Vectors.All.Values.Select(frame => Wire.Plain(frame.AsSpan(1..^1))).ToList();
        for (var seed = 0; seed < 100; seed++)
            yield return [.. plains.SelectMany(plain => Damage.Of(plain, 1, seed * 100 + plain.Length)).Where(bytes => bytes.Length > 0).SelectMany(bytes => Wire.Frame(Convert.ToHexString(bytes)))];
    }

    private static byte[] Noise(Random random)
    {
        var noise = new byte[random.Next(1, 6000)];
        random.NextBytes(noise);
        return noise;
    }
}
