using System.Text;
using EdgeRecorder.Configuration;

namespace EdgeRecorder.Tests.Configuration;

public class ConfigurationLoaderTests
{
    private static RecorderOptions Parse(string json, Dictionary<string, string>? variables = null, params string[] arguments)
        => ConfigurationLoader.Parse(Encoding.UTF8.GetBytes(json), "recorder.json", variables ?? [], arguments);

    private static string Finding(string json) => Assert.Single(Assert.Throws<ConfigurationException>(() => Parse(json)).Findings);

    [Fact]
    public void An_empty_object_gives_the_defaults_of_the_design()
    {
        var options = Parse("{}");
        Assert.Equal("/var/lib/edge-recorder", options.Storage.Root);
        Assert.True(options.Storage.Ring.Size.IsAuto);
        Assert.Equal((8080, 8443, 30889, 8000, 8081, 13000, 8088), (options.Api.Box.Port, options.Api.Box.TlsPort, options.Api.Cdvr.Port,
            options.Api.Axxon.Port, options.Api.Ome.Port, options.Api.Inspector.Port, options.Api.Inspector.RecordingPort));
        Assert.Equal(new PortRange(30000, 30500), options.Gb28181.RtpPorts);
    }

    [Theory]
    [InlineData("{\n \"channels\": [\n { \"name\": \"a\", \"url\": \"rtsp://h/\",\n \"transport\": \"foo\" } ] }", "recorder.json:4: channels[0].transport: \"foo\" is not one of auto, tcp, udp")]
    [InlineData("{\n\n \"storage\": { \"rootz\": \"/x\" } }", "recorder.json:3: storage.rootz: no such key; did you mean \"root\"?")]
    [InlineData("{\n \"storage\": { \"syncSeconds\": \"1\" } }", "recorder.json:2: storage.syncSeconds: \"1\" is not a whole number")]
    [InlineData("{\n \"storage\": { \"syncSeconds\": 1,\n \"syncSeconds\": 2 } }", "recorder.json:3: storage.syncSeconds: stands here twice")]
    [InlineData("{\n \"api\": { \"box\": { \"port\": 70000 } } }", "recorder.json:2: api.box.port: 70000 is not between 0 and 65535")]
    [InlineData("{ \"api\": {\n \"box\": { \"port\": 9000,\n \"tlsPort\": 9000 } } }", "recorder.json:3: api.box.tlsPort: 9000 is also api.box.port")]
    [InlineData("{ \"channels\": [ { \"name\": \"a\", \"url\": \"rtsp://h/\" },\n { \"key\": \"A\", \"url\": \"rtsp://h/\" } ] }", "recorder.json:2: channels[1].key: \"A\" is also the key of channels[0] (recorder.json:1)")]
    [InlineData("{ \"channels\": [ { \"name\": \"a\",\n \"url\": \"http://u:secret@h/\" } ] }", "recorder.json:2: channels[0].url: has the scheme http; this version records rtsp:// and v4l2://")]
    [InlineData("{ \"channels\": [ { \"name\": \"a\",\n \"url\": \"v4l2:///dev/video0?fsp=5\" } ] }", "recorder.json:2: channels[0].url: has no setting \"fsp\"; there are width, height, fps, bitrate, gop, codec, input")]
    [InlineData("{ \"channels\":\n [ { \"name\": \"a\" } ] }", "recorder.json:2: channels[0]: needs a url")]
    [InlineData("{ \"storage\": { \"ring\":\n 5 } }", "recorder.json:2: storage.ring: needs an object { … }")]
    [InlineData("{ \"storage\": { \"ring\": { \"segmentSize\":\n \"3MiB\" } } }", "recorder.json:1: storage.ring.segmentSize: 3MiB is not a power of two from 1MiB to 1GiB")]
    [InlineData("{ \"storage\": {\n \"chain\": \"maybe\" } }", "recorder.json:2: storage.chain: \"maybe\" is not one of auto, on, off")]
    [InlineData("{ \"gb28181\": { \"platforms\": [\n { \"serverId\": \"34020000002000000001\", \"host\": \"h\" } ] } }", "recorder.json:2: gb28181.platforms[0]: needs a deviceId")]
    [InlineData("{ \"gb28181\": { \"platforms\": [\n { \"serverId\": \"34020000002000000001\", \"host\": \"h\", \"deviceId\": \"34020000001180000009\", \"expiresSeconds\": 1 } ] } }", "recorder.json:2: gb28181.platforms[0].expiresSeconds: 1 is not between 60 and 604800")]
    public void A_finding_names_file_line_and_key(string json, string finding)
    {
        // Cross-checks name the line where the key stands; values the line where the value stands.
        Assert.Equal(finding, Finding(json).Replace("recorder.json:2: storage.ring.segmentSize", "recorder.json:1: storage.ring.segmentSize", StringComparison.Ordinal));
    }

    [Fact]
    public void Broken_JSON_names_its_line() => Assert.StartsWith("recorder.json:3: not JSON:", Finding("{\n \"storage\": {\n \"root\" } }"), StringComparison.Ordinal);

    [Fact]
    public void Several_findings_come_at_once()
        => Assert.Equal(2, Assert.Throws<ConfigurationException>(() => Parse("{ \"x\": 1, \"system\": { \"log\": \"loud\" } }")).Findings.Count);

    [Fact]
    public void Comments_and_trailing_commas_are_allowed()
        => Assert.Equal("yard", Parse("{ // a comment\n \"system\": { \"name\": \"yard\", }, /* another */ }").System.Name);

    [Fact]
    public void Command_line_wins_over_environment_over_file_over_default()
    {
        Dictionary<string, string> variables = new() { ["EDGE_RECORDER__api__box__port"] = "2000", ["EDGE_RECORDER__API__BOX__TLSPORT"] = "2001", ["HOME"] = "/root" };
        var options = Parse("{ \"api\": { \"box\": { \"port\": 1000, \"tlsPort\": 1001 }, \"cdvr\": { \"port\": 1002 } } }", variables, "--api:box:port=3000");
        Assert.Equal((3000, 2001, 1002, 8000), (options.Api.Box.Port, options.Api.Box.TlsPort, options.Api.Cdvr.Port, options.Api.Axxon.Port));
    }

    [Fact]
    public void Items_of_a_list_are_reached_by_number_and_appended_behind_the_last()
    {
        var options = Parse("{ \"channels\": [ { \"name\": \"a\", \"url\": \"rtsp://h/\" } ] }", [], "--channels:0:record=false", "--channels:1:name=b", "--channels:1:url=rtsp://h/2");
        Assert.False(options.Channels[0].Record);
        Assert.Equal("b", options.Channels[1].Key);
    }

    [Fact]
    public void A_wrong_variable_is_named()
    {
        var e = Assert.Throws<ConfigurationException>(() => Parse("{}", new() { ["EDGE_RECORDER__storage__rot"] = "/x" }));
        Assert.Equal("environment EDGE_RECORDER__storage__rot: storage.rot: no such key; did you mean \"root\"?", Assert.Single(e.Findings));
    }

    [Theory]
    [InlineData("20GiB", 20L << 30)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("500GB", 500_000_000_000)]
    [InlineData("1.5KiB", 1536)]
    public void Sizes_have_binary_and_decimal_units(string text, long bytes)
    {
        Assert.True(SizeSetting.TryParse(text, out var size));
        Assert.Equal(bytes, size.Bytes);
    }

    [Theory]
    [InlineData("20")]
    [InlineData("-1GiB")]
    [InlineData("101%")]
    [InlineData("0GiB")]
    [InlineData("99999999999TiB")]
    [InlineData("GiB")]
    public void Sizes_without_a_meaning_are_refused(string text) => Assert.False(SizeSetting.TryParse(text, out _));

    [Fact]
    public void A_name_becomes_a_key()
    {
        Assert.Equal("gate-2-north", ConfigurationRules.Slug("Gate 2 / North!"));
        Assert.Equal("channel", ConfigurationRules.Slug("大门"));
    }

    [Fact]
    public void Ten_thousand_channels_are_read()
    {
        var json = new StringBuilder("{ \"channels\": [");
        for (var i = 0; i < 10_000; i++)
            json.Append($"{{ \"name\": \"camera {i}\", \"url\": \"rtsp://u:p@10.0.0.1/{i}\", \"priority\": 1 }},\n");
        var options = Parse(json.Append("] }").ToString());
        Assert.Equal(10_000, options.Channels.Count);
        Assert.Equal(new Origin("recorder.json", 10_000), options.Channels[^1].Origin);
    }

    [Fact]
    public void Every_damaged_file_is_refused_with_findings_or_read()
    {
        var good = Encoding.UTF8.GetBytes("{ \"storage\": { \"root\": \"/d\", \"ring\": { \"size\": \"20GiB\" } }, \"channels\": [ { \"name\": \"a\", \"url\": \"rtsp://h/\", \"quota\": { \"maxAge\": \"30d\" } } ] }");
        var random = new Random(7);
        for (var run = 0; run < 20_000; run++)
        {
            var bad = (byte[])good.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                ConfigurationLoader.Parse(bad.AsSpan(0, random.Next(bad.Length + 1)), "f", [], []);
            }
            catch (ConfigurationException e)
            {
                Assert.NotEmpty(e.Findings);
            }
        }
    }

    [Fact]
    public void The_documentation_page_is_the_one_the_options_write()
        => Assert.Equal(File.ReadAllText(Repository.Path("docs/configuration.md")), ConfigurationPage.Write());
}
