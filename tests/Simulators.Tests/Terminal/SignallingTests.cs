using System.Buffers.Binary;
using System.Globalization;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>A terminal's login, positions and answers, before a platform that a test plays.</summary>
public sealed class SignallingTests
{
    private const string Sim = "013912345678";

    [Theory]
    [InlineData("2011", 35)]
    [InlineData("2013", 47)]
    [InlineData("2019", 86)]
    public async Task Registers_authenticates_and_keeps_its_code_across_connections(string version, int bodyLength)
    {
        using var platform = new ScriptedPlatform(version == "2019" ? HeaderForm.V2019 : HeaderForm.V2013);
        await using var fleet = await RunningFleet.StartAsync(platform, "--version", version, "--heartbeat", "0.1", "--plate", "测A1234567");
        await platform.WaitForAsync(0x0002, count: 2);
        Assert.Equal(bodyLength, (await platform.WaitForAsync(0x0100)).Body.Length);

        await fleet.CommandAsync("disconnect");
        await platform.WaitForAsync(0x0102, count: 2);
        await fleet.OnlineAsync();

        Assert.Single(platform.Said, s => s.Id == 0x0100);
        var terminal = (await fleet.AskAsync("stats")).GetProperty("terminals")[0];
        Assert.Equal((2, 0, 0), (terminal.GetProperty("logins").GetInt32(), terminal.GetProperty("stray").GetInt32(), terminal.GetProperty("malformed").GetInt32()));
    }

    [Theory]
    [InlineData(new[] { "--version", "2013", "--wrong-bit14" }, HeaderForm.V2013WithBit14)]
    [InlineData(new[] { "--version", "2019", "--wrong-bit14" }, HeaderForm.V2019WithoutBit14)]
    internal async Task Bit_14_may_say_the_opposite(string[] switches, HeaderForm seen)
    {
        using var platform = new ScriptedPlatform(seen);
        await using var fleet = await RunningFleet.StartAsync(platform, switches);

        await fleet.OnlineAsync();

        Assert.All(platform.Said, s => Assert.Equal(seen, s.Header.Form));
    }

    [Fact]
    public async Task A_code_that_is_refused_is_forgotten()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform, "--code", "STALE");

        // Refused with the code of an earlier platform, it asks for another one.
        Assert.Equal("STALE"u8.ToArray(), (await platform.WaitForAsync(0x0102)).Body);
        await fleet.CommandAsync("wrong-code");
        await fleet.CommandAsync("disconnect");              // it may have the new code already: it comes back with the next
        Assert.Equal("WRONG-CODE"u8.ToArray(), (await platform.WaitForAsync(0x0102, s => s.Body[0] == 'W')).Body);
    }

    [Fact]
    public async Task Wrong_code_registers_anew_afterwards()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform);
        await fleet.OnlineAsync();

        await fleet.CommandAsync("wrong-code");
        await fleet.CommandAsync("disconnect");
        await platform.WaitForAsync(0x0100, count: 2);

        await fleet.WaitAsync(s => s.GetProperty("logins").GetInt32() == 2, "totals");
        Assert.Equal(3, platform.Said.Count(s => s.Id == 0x0102));
    }

    [Fact]
    public async Task Positions_go_round_the_streets()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform, "--position", "0.2");

        await platform.WaitForAsync(0x0200, count: 10);

        var positions = platform.Said.Where(s => s.Id == 0x0200).Select(s => s.Body).ToList();
        var latitudes = positions.Select(b => BinaryPrimitives.ReadUInt32BigEndian(b.AsSpan(8))).ToList();
        Assert.All(latitudes, l => Assert.InRange(l, 31_220_000u, 31_243_000u));
        Assert.True(latitudes.Distinct().Count() > 5, "it stands still");
        Assert.All(positions, b => Assert.InRange(BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(18)), 120, 460));   // 12 to 46 km/h
        var time = DateTime.ParseExact(Convert.ToHexString(positions[0].AsSpan(22, 6)), "yyMMddHHmmss", CultureInfo.InvariantCulture);
        Assert.InRange((DateTime.UtcNow.AddHours(8) - time).TotalSeconds, 0, 30);
    }

    [Fact]
    public async Task What_was_driven_without_network_comes_in_one_message_marked_as_blind()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform, "--position", "0.1");
        await platform.WaitForAsync(0x0200);

        await fleet.CommandAsync("disconnect 1");
        var batch = await platform.WaitForAsync(0x0704);

        Assert.Equal(1, batch.Body[2]);
        Assert.InRange(BinaryPrimitives.ReadUInt16BigEndian(batch.Body), 5, 15);
    }

    [Fact]
    public async Task Alarms_are_reported_at_once_and_when_they_end()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform, "--position", "1000");
        await fleet.OnlineAsync();

        await fleet.CommandAsync("video-alarm 3 1000");
        await fleet.CommandAsync("alarm 1 0.3");

        bool Has(Said said, uint alarm) => BinaryPrimitives.ReadUInt32BigEndian(said.Body) == alarm && Convert.ToHexString(said.Body).Contains("140400000003", StringComparison.Ordinal);
        var raised = await platform.WaitForAsync(0x0200, s => Has(s, 1));
        var over = await platform.WaitForAsync(0x0200, s => Has(s, 0) && s.Header.Serial > raised.Header.Serial);
        Assert.Contains("150400000001160400000001", Convert.ToHexString(over.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clock_and_items_may_be_other_than_the_standard_says()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform, "--position", "0.1", "--utc", "--private-items");

        var body = (await platform.WaitForAsync(0x0200)).Body;

        var time = DateTime.ParseExact(Convert.ToHexString(body.AsSpan(22, 6)), "yyMMddHHmmss", CultureInfo.InvariantCulture);
        Assert.InRange((DateTime.UtcNow - time).TotalSeconds, 0, 30);
        Assert.Contains("17010218" + "0404000000EB3F", Convert.ToHexString(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_what_it_can_send_and_which_channels_it_has()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform, "--video", "small.h265", "--audio", "tone.g726-32", "--channels", "1,9");
        await fleet.OnlineAsync();

        var asked = await platform.SayAsync(Sim, 0x8104);
        await platform.SayAsync(Sim, 0x9003);

        Assert.Equal("08010001" + "00A0" + "00630202", Convert.ToHexString((await platform.WaitForAsync(0x1003)).Body));
        var parameters = Convert.ToHexString((await platform.WaitForAsync(0x0104)).Body);
        Assert.StartsWith(asked.ToString("X4", CultureInfo.InvariantCulture) + "04" + "00000001" + "04", parameters, StringComparison.Ordinal);
        Assert.EndsWith("00000076" + "0B" + "020000" + "01010000" + "02090000", parameters, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_footage_in_packages_and_brings_those_that_were_withheld_when_asked()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(
            platform, "--footage", "10", "--footage-start", "2026-01-15T08:00:00", "--package", "200", "--withhold", "2", "--position", "0");
        await fleet.OnlineAsync();

        var asked = await platform.SayAsync(Sim, 0x9205, body =>
        {
            body.U8(0);
            body.Bytes(new byte[12]);
            body.U64(0);
            body.Bytes([0, 0, 0]);
        });
        var last = await platform.WaitForAsync(0x1205, s => s.Header.Index == 3);
        Assert.Equal([1, 3], platform.Said.Where(s => s.Id == 0x1205).Select(s => (int)s.Header.Index));

        await fleet.CommandAsync("withhold off");
        await platform.SayAsync(Sim, 0x8003, body =>
        {
            body.U16(last.Header.Serial - 2);
            body.U8(1);
            body.U16(2);
        });
        await platform.WaitForAsync(0x1205, s => s.Header.Index == 2);

        var whole = platform.Said.Where(s => s.Id == 0x1205).OrderBy(s => s.Header.Index).SelectMany(s => s.Body).ToArray();
        Assert.Equal((asked, 20u), (BinaryPrimitives.ReadUInt16BigEndian(whole), BinaryPrimitives.ReadUInt32BigEndian(whole.AsSpan(2))));
        Assert.Equal("01260115080000260115080100", Convert.ToHexString(whole.AsSpan(6, 13)));
        Assert.Equal(6 + 20 * 28, whole.Length);
    }

    [Fact]
    public async Task An_upload_is_acknowledged_and_reported_when_it_is_done()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform);
        await fleet.OnlineAsync();

        var serial = await platform.SayAsync(Sim, 0x9206, body =>
        {
            body.Bytes(Hex.Bytes("0B3139322E3136382E312E312B2D08757365726E616D650870617373776F72640B2F616C61726D5F66696C6501200726000000200726232359000000000000000000010101"));
        });

        Assert.Equal($"{serial:X4}920600", Convert.ToHexString((await platform.WaitForAsync(0x0001)).Body));
        Assert.Equal($"{serial:X4}00", Convert.ToHexString((await platform.WaitForAsync(0x1206)).Body));
    }

    [Fact]
    public async Task Commands_are_acknowledged_late_or_never_and_listed()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform);
        await fleet.OnlineAsync();
        void Left(BodyWriter body) => body.Bytes([1, 3, 128]);

        await fleet.CommandAsync("no-ack");
        await platform.SayAsync(Sim, 0x9301, Left);
        await fleet.WaitAsync(c => c.EnumerateArray().Any(m => m.GetProperty("id").GetString() == "0x9301"), "commands");
        await fleet.CommandAsync("heal");
        await fleet.CommandAsync("ack-delay 0.2");
        var late = await platform.SayAsync(Sim, 0x9301, Left);

        Assert.Equal($"{late:X4}930100", Convert.ToHexString((await platform.WaitForAsync(0x0001)).Body));
        var command = (await fleet.AskAsync("commands")).EnumerateArray().Last(m => m.GetProperty("id").GetString() == "0x9301").GetProperty("message");
        Assert.Equal((1, 3, 128), (command.GetProperty("channel").GetInt32(), command.GetProperty("value").GetInt32(), command.GetProperty("speed").GetInt32()));
    }

    [Fact]
    public async Task Passengers_are_counted_and_a_terminal_can_unregister()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(platform);
        await fleet.OnlineAsync();

        await fleet.CommandAsync("passengers 12 7");
        Assert.EndsWith("000C0007", Convert.ToHexString((await platform.WaitForAsync(0x1005)).Body), StringComparison.Ordinal);
        await fleet.CommandAsync("unregister");
        await platform.WaitForAsync(0x0003);
        await fleet.CommandAsync("disconnect");
        await platform.WaitForAsync(0x0100, count: 2);
    }

    [Fact]
    public async Task A_platform_that_does_not_answer_is_asked_again()
    {
        using var platform = new ScriptedPlatform { IsMute = true };
        await using var fleet = await RunningFleet.StartAsync(platform);
        await platform.WaitForAsync(0x0100);

        platform.IsMute = false;

        await fleet.OnlineAsync();
    }

    [Fact]
    public async Task A_thousand_come_each_from_an_address_of_its_own()
    {
        using var platform = new ScriptedPlatform();
        await using var fleet = await RunningFleet.StartAsync(
            platform, "--terminals", "1000", "--ramp", "4000", "--addresses", "127.1.0.200", "--position", "1", "--plate", "沪B00001");

        await fleet.OnlineAsync();

        var registrations = platform.Said.Where(s => s.Id == 0x0100).ToList();
        Assert.Equal(1000, registrations.Select(s => s.From).Distinct().Count());
        Assert.Equal(1000, registrations.Select(s => s.Header.Phone).Distinct().Count());
        Assert.Contains("127.1.1.10", registrations.Select(s => s.From.ToString()));
        Assert.Contains("沪B01000", registrations.Select(s => BodyWriter.Gbk.GetString(s.Body.AsSpan(37))));
        Assert.Equal(0, (await fleet.AskAsync("totals")).GetProperty("stray").GetInt32());
    }
}
