using EdgeRecorder.Jt808;

namespace EdgeRecorder.Tests.Jt808;

/// <summary>What the box asks a terminal: answers late, out of order, in packages, or none.</summary>
public sealed class TerminalRequestTests
{
    private static readonly T9101LiveRequest Live = new("192.168.1.100", 1078, 0, 1, LiveKind.AudioVideo, LiveStream.Sub);

    [Fact]
    public async Task A_command_is_sent_as_the_vector_has_it_and_its_answer_comes_back()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var command = seen.CommandAsync(Live, CancellationToken.None);
        var said = await terminal.ReadAsync(0x9101);
        Assert.Equal(TerminalServerTests.BodyOf("K5"), said.Body);
        await terminal.AnswerAsync(said);
        Assert.Equal(GeneralResult.Ok, await command);
    }

    [Fact]
    public async Task Answers_out_of_order_find_their_commands()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        List<(Task<GeneralResult> Command, Said Said)> asked = [];
        for (byte channel = 1; channel <= 3; channel++)
        {
            var command = seen.CommandAsync(Live with { Channel = channel }, CancellationToken.None);
            asked.Add((command, await terminal.ReadAsync(0x9101)));
        }
        await terminal.SendAsync(0x0001, $"{asked[1].Said.Serial:X4}920101");        // the right number, another message
        await terminal.AnswerAsync(asked[2].Said, 3);
        await terminal.AnswerAsync(asked[0].Said, 1);
        Assert.Equal(GeneralResult.NotSupported, await asked[2].Command);
        Assert.Equal(GeneralResult.Failed, await asked[0].Command);
        await terminal.AskAsync(0, 0x0002);
        Assert.False(asked[1].Command.IsCompleted);
        await terminal.AnswerAsync(asked[1].Said);
        Assert.Equal(GeneralResult.Ok, await asked[1].Command);
        Assert.Equal(1, rig.Server.Figures.Unmatched);
    }

    [Fact]
    public async Task A_command_without_answer_is_sent_again_after_6_and_18_seconds_and_given_up_after_54()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var command = seen.CommandAsync(Live, CancellationToken.None);
        var first = await terminal.ReadAsync(0x9101);
        await HeartbeatsAsync(rig, terminal, 6);
        var second = await terminal.ReadAsync(0x9101);
        await HeartbeatsAsync(rig, terminal, 12);
        var third = await terminal.ReadAsync(0x9101);
        Assert.Equal((first.Body, first.Body), (second.Body, third.Body));
        Assert.Equal(3, ((int[])[first.Serial, second.Serial, third.Serial]).Distinct().Count());
        await HeartbeatsAsync(rig, terminal, 36);
        Assert.Equal("the terminal does not answer 0x9101", (await Assert.ThrowsAsync<TimeoutException>(() => command)).Message);
    }

    [Fact]
    public async Task A_late_answer_to_the_first_sending_counts()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var command = seen.CommandAsync(Live, CancellationToken.None);
        var first = await terminal.ReadAsync(0x9101);
        await HeartbeatsAsync(rig, terminal, 6);
        var second = await terminal.ReadAsync(0x9101);
        await terminal.AnswerAsync(first);
        Assert.Equal(GeneralResult.Ok, await command);
        await terminal.AnswerAsync(second);
        await terminal.AskAsync(0, 0x0002);
        Assert.Equal(1, rig.Server.Figures.Unmatched);
    }

    [Fact]
    public async Task What_moves_a_camera_is_sent_once()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var command = seen.CommandAsync(new T9301Turn(1, PtzDirection.Left, 128), CancellationToken.None);
        await terminal.ReadAsync(0x9301);
        await HeartbeatsAsync(rig, terminal, 18);
        await Assert.ThrowsAsync<TimeoutException>(() => command);
        await terminal.AskAsync(0, 0x0002);                   // nothing was sent in between
    }

    [Fact]
    public async Task A_command_can_be_left()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        using var stop = new CancellationTokenSource();
        var command = seen.CommandAsync(Live, stop.Token);
        var said = await terminal.ReadAsync(0x9101);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => command);
        await terminal.AnswerAsync(said);
        await terminal.AskAsync(0, 0x0002);
        Assert.Equal(1, rig.Server.Figures.Unmatched);
    }

    [Fact]
    public async Task When_the_connection_ends_nobody_waits_on()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        var asked = (Task[])[seen.CommandAsync(Live, CancellationToken.None), seen.QueryAttributesAsync(CancellationToken.None), seen.QueryFootageAsync(new(0, null, null), CancellationToken.None)];
        foreach (var _ in asked)
            Assert.NotNull(await terminal.ReadAsync());
        terminal.Dispose();
        foreach (var task in asked)
            await Assert.ThrowsAsync<TerminalGoneException>(() => task);
    }

    [Fact]
    public async Task Attributes_are_matched_by_their_ID_alone()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var query = seen.QueryAttributesAsync(CancellationToken.None);
        await terminal.AnswerAsync(await terminal.ReadAsync(0x9003));                // "yes": the answer follows
        await terminal.AskAsync(0, 0x1003, TerminalServerTests.BodyOf("K2"));
        Assert.Equal((6, 98), ((await query).AudioCodec, (await query).VideoCodec));
        await rig.Observer.NextAsync("13912345678 attributes");
    }

    [Fact]
    public async Task Parameters_come_back_by_serial_number()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var query = seen.QueryParametersAsync(CancellationToken.None);
        var said = await terminal.ReadAsync(0x8104);
        await terminal.AskAsync(0, 0x0104, "7FFF 00");
        await terminal.AskAsync(0, 0x0104, $"{said.Serial:X4} 02 00000075 01 07 00000076 07 01000001010001");
        var parameters = await query;
        Assert.Equal([0x75u, 0x76u], parameters.Select(parameter => parameter.Id));
        Assert.Equal(new ChannelTableRow(1, 1, ChannelKind.AudioVideo, true), Assert.Single(ChannelTableRow.Parse(parameters[1].Value.Span)));
    }

    [Fact]
    public async Task A_query_that_is_refused_says_how()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var query = seen.QueryFootageAsync(new(1, null, null), CancellationToken.None);
        await terminal.AnswerAsync(await terminal.ReadAsync(0x9205), 3);
        Assert.Equal(GeneralResult.NotSupported, (await Assert.ThrowsAsync<TerminalRefusedException>(() => query)).Result);
    }

    [Fact]
    public async Task A_list_in_packages_out_of_order_is_put_together_and_every_package_answered()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var query = seen.QueryFootageAsync(new(0, new(2026, 1, 15), new(2026, 1, 15, 23, 59, 59)), CancellationToken.None);
        var said = await terminal.ReadAsync(0x9205);
        Assert.Equal(TerminalServerTests.BodyOf("K19"), said.Body);
        var (head, item1, item2) = Pieces(said);
        await terminal.SendPackageAsync(0x1205, 0x50, 2, 2, item2);
        Assert.True((await terminal.ReadAsync(0x8001)).IsReply(0x51, 0x1205, 0));
        await terminal.SendPackageAsync(0x1205, 0x50, 2, 1, head + item1);
        Assert.True((await terminal.ReadAsync(0x8001)).IsReply(0x50, 0x1205, 0));
        Assert.Equal([1, 2], (await query).Select(item => (int)item.Channel));
    }

    [Theory]
    [InlineData("013912345678", "J31")]
    [InlineData("00000000013912345678", "J32")]
    public async Task A_missing_package_is_asked_for_after_10_seconds(string phone, string vector)
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync(phone);
        using var _ = terminal;
        var query = seen.QueryFootageAsync(new(0, null, null), CancellationToken.None);
        var (head, item1, item2) = Pieces(await terminal.ReadAsync(0x9205));
        await terminal.SendPackageAsync(0x1205, 0x50, 2, 1, head + item1);
        await terminal.ReadAsync(0x8001);
        rig.Advance(10);
        Assert.Equal(TerminalServerTests.BodyOf(vector), (await terminal.ReadAsync(0x8003)).Body);
        await terminal.SendPackageAsync(0x1205, 0x50, 2, 2, item2);
        Assert.Equal(2, (await query).Count);
        Assert.Equal((2, 1, 0), (rig.Server.Figures.Packages, rig.Server.Figures.PackagesRequested, rig.Server.AssemblyBytes));
    }

    [Fact]
    public async Task A_list_is_waited_for_as_long_as_packages_come_and_a_minute_more()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var query = seen.QueryFootageAsync(new(0, null, null), CancellationToken.None);
        await terminal.ReadAsync(0x9205);
        await rig.WaitingAsync(60);
        rig.Advance(50);
        await terminal.SendPackageAsync(0x1205, 0x50, 2, 2, "00");
        await terminal.ReadAsync(0x8001);
        rig.Advance(10);
        await terminal.ReadAsync(0x8003);
        await rig.WaitingAsync(50);
        Assert.False(query.IsCompleted);
        await HeartbeatsAsync(rig, terminal, 50, isWaiting: false);
        await Assert.ThrowsAsync<TimeoutException>(() => query);
        Assert.Equal((1, 0), (rig.Server.Figures.PackagesDropped, rig.Server.AssemblyBytes));
    }

    [Fact]
    public async Task A_playback_may_be_answered_with_a_list()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var command = seen.CommandAsync(new T9201PlaybackRequest("192.168.1.100", 1078, 0, 1, StoredKind.AudioVideo, StoredStream.Main, StorageUnit.Main, PlaybackMode.Normal, PlaybackSpeed.Off,
            new(2026, 1, 15, 8, 0, 0), new(2026, 1, 15, 8, 10, 0)), CancellationToken.None);
        var said = await terminal.ReadAsync(0x9201);
        Assert.Equal(TerminalServerTests.BodyOf("K21"), said.Body);
        await terminal.AskAsync(0, 0x1205, $"{said.Serial:X4}{TerminalServerTests.BodyOf("K15")[4..]}");
        Assert.Equal(GeneralResult.Ok, await command);
    }

    [Fact]
    public async Task An_upload_is_named_by_the_serial_number_of_its_request()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        var start = seen.UploadAsync(new() { Server = "192.168.1.1", Port = 21, User = "u", Password = "p", Path = "/", Channel = 1, From = new(2026, 1, 15), To = new(2026, 1, 16) }, CancellationToken.None);
        var said = await terminal.ReadAsync(0x9206);
        await terminal.AnswerAsync(said);
        Assert.Equal(new((GeneralResult)0, (ushort)said.Serial), await start);
        await terminal.AskAsync(0, 0x1206, $"{said.Serial:X4}00");
        await rig.Observer.NextAsync($"13912345678 upload {said.Serial} True");
    }

    [Fact]
    public async Task What_needs_no_answer_is_told()
    {
        await using var rig = new ServerRig();
        var (terminal, seen) = await rig.EnterAsync();
        using var _ = terminal;
        Assert.True(seen.Tell(new T9105LiveStatus(1, 3)));
        Assert.Equal(TerminalServerTests.BodyOf("K13"), (await terminal.ReadAsync(0x9105)).Body);
    }

    private static (string Head, string First, string Second) Pieces(Said query)
    {
        var (first, second) = (TerminalServerTests.BodyOf("K16"), TerminalServerTests.BodyOf("K17"));
        return ($"{query.Serial:X4}{first[4..12]}", first[12..], second);
    }

    /// <summary>Moves the time while the terminal shows that it is there.</summary>
    private static async Task HeartbeatsAsync(ServerRig rig, ScriptedTerminal terminal, double seconds, bool isWaiting = true)
    {
        if (isWaiting)
            await rig.WaitingAsync(seconds);
        await terminal.AskAsync(0, 0x0002);
        rig.Advance(seconds);
    }
}
