using EdgeRecorder.Hosting;

namespace EdgeRecorder.Tests.Hosting;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new(), _errors = new();

    public void Dispose() => _directory.Dispose();

    private Task<int> RunAsync(params string[] args) => CommandLine.RunAsync(args, new Commands
    {
        Serve = options => Task.FromResult(options.Api.Box.Port),
        CheckConfig = ConfigCheck.Run,
        Probe = (url, output, _) => { output.Write(url); return Task.FromResult(0); },
        Fsck = (_, _, _) => 0,
        Export = (wanted, output, _) => { output.Write(wanted); return wanted.Channel == "gate"; },
        Update = (what, _, _) => what == "--state",
        MediaWorker = encoders => encoders.Count,
    }, _output, _errors);

    private string Write(string json)
    {
        File.WriteAllText(_directory.File("c.json"), json.Replace("ROOT", _directory.Path, StringComparison.Ordinal));
        return _directory.File("c.json");
    }

    [Fact]
    public async Task Serve_takes_its_file_and_settings_in_any_order()
        => Assert.Equal(99, await RunAsync("serve", "--api:box:port=99", "--config", Write("{}")));

    [Fact]
    public async Task A_wrong_configuration_ends_with_2_and_one_line_per_finding()
    {
        Assert.Equal(2, await RunAsync("serve", "--config", Write("{\n \"x\": 1 }")));
        Assert.Equal($"{_directory.File("c.json")}:2: x: no such key\n", _errors.ToString());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "record")]
    [InlineData(2, "serve")]
    [InlineData(2, "serve", "--config", "/nowhere/c.json")]
    [InlineData(2, "probe", "http://h/")]
    [InlineData(2, "export", "1", "a", "b", "c.mp4")]
    [InlineData(2, "export", "gate", "2026-01-31T12:00:00Z", "2026-01-31T12:10:00Z", "c.mkv")]
    [InlineData(2, "export", "gate", "2026-01-31T12:00:00Z", "2026-01-31T12:10:00Z", "c.mp4", "--config", "/nowhere/c.json")]
    [InlineData(1, "export", "other", "2026-01-31T12:00:00Z", "2026-01-31T12:10:00Z", "c.mp4")]
    [InlineData(0, "export", "gate", "2026-01-31T12:00:00Z", "2026-01-31T12:10:00Z", "c.mp4")]
    [InlineData(1, "update", "f")]
    [InlineData(0, "update", "--state")]
    [InlineData(2, "update", "--force")]
    [InlineData(2, "update")]
    [InlineData(0, "media-worker")]
    [InlineData(2, "media-worker", "x")]
    [InlineData(2, "media-worker", "/dev/video1", "/dev/mem")]
    [InlineData(1, "media-worker", "/dev/video11")]
    [InlineData(0, "--version")]
    [InlineData(0, "--help")]
    [InlineData(0, "probe", "rtsp://h/")]
    public async Task Exit_codes_are_0_1_2(int code, params string[] args) => Assert.Equal(code, await RunAsync(args));

    [Fact]
    public async Task Check_config_says_that_a_ring_is_too_small_for_its_channels()
    {
        var channels = string.Join(',', Enumerable.Range(0, 10).Select(i => $"{{ \"name\": \"c{i}\", \"url\": \"rtsp://h/\" }}"));
        Assert.Equal(2, await RunAsync("check-config", Write($"{{ \"storage\": {{ \"root\": \"ROOT\", \"ring\": {{ \"size\": \"100MiB\" }} }}, \"channels\": [{channels}] }}")));
        Assert.Contains("too small for 10 channel(s): needs at least 320 MiB", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_config_says_that_a_ring_is_larger_than_the_disk()
    {
        Assert.Equal(2, await RunAsync("check-config", Write("{ \"storage\": { \"root\": \"ROOT\", \"ring\": { \"size\": \"900TiB\" } } }")));
        Assert.Contains("storage.ring.size: 900TiB is more than", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_config_says_that_a_root_cannot_be_written()
    {
        Assert.Equal(2, await RunAsync("check-config", Write("{ \"storage\": { \"root\": \"/proc/1/recorder\" } }")));
        Assert.StartsWith("storage.root: /proc/1/recorder: ", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_daemons_do_not_share_a_root()
    {
        using (DataRoot.Open(_directory.Path))
            Assert.Contains("another recorder uses this directory", Assert.Throws<DataRootException>(() => DataRoot.Open(_directory.Path)).Message, StringComparison.Ordinal);
        DataRoot.Open(_directory.Path).Dispose();
    }

    [Fact]
    public void A_root_that_cannot_be_made_is_named()
        => Assert.Contains("/proc/recorder", Assert.Throws<DataRootException>(() => DataRoot.Open("/proc/recorder")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_certificate_is_made_once_and_has_its_key()
    {
        using var first = BoxCertificate.Open(_directory.Path, "Süd / gate", TimeProvider.System);
        using var second = BoxCertificate.Open(_directory.Path, "other", TimeProvider.System);
        Assert.True(first.HasPrivateKey);
        Assert.Equal(first.Thumbprint, second.Thumbprint);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File("tls.pem")));
    }
}
