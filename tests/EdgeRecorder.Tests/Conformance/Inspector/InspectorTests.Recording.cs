using System.Globalization;
using System.Text.RegularExpressions;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Inspector;

/// <summary>What is recorded: files, names, clips, pictures.</summary>
public sealed partial class InspectorTests
{
    private const string Stamp = "yyyyMMddHHmmssfff";

    [GeneratedRegex(@"^DATA_\d{17}/\d{17}@cam[12]\.mp4$")]
    private static partial Regex DefaultName();

    [GeneratedRegex(@"^cam1/\d{4}/\d\d/\d\d/\d{6}_\d{3}\.mp4$")]
    private static partial Regex SampleName();

    [Fact]
    public async Task I05_to_I11_the_master_recording_starts_and_stops_every_channel()
    {
        await Client.DirectoryAsync("i05");
        await Client.DoAsync(Start);                                             // I05
        await box.UntilAsync(() => Client.AskAsync(IsRecording), "recording");   // I06
        Assert.Equal("true", await Client.TextAsync("encoderrunning"));
        foreach (var name in new[] { "isrecording", "encoderrunning" })          // I07
            Assert.Equal("""{"IsRecording":true}""", await Client.Q.GetStringAsync($"/api/recording/{name}"));
        await box.UntilAsync(() => Client.Open("i05") == 2, "two open files");
        var open = OpenFiles();
        await Client.DoAsync(Start);                                             // I08
        Assert.Equal((2, open.Count), (Client.Open("i05"), OpenFiles().Count));
        Assert.Equal(open, OpenFiles());
        await GrowAsync("i05", 3);
        await Client.DoAsync(Stop);                                              // I09
        Assert.Equal("false", await Client.TextAsync(IsRecording));
        await Client.DoAsync(Stop);                                              // I10
        var files = Client.Files("i05");                                         // I11
        Assert.Equal(["cam1", "cam2"], files.Select(file => Path.GetFileNameWithoutExtension(file).Split('@')[1]).Order());
        Assert.All(files, file => Assert.Matches(DefaultName(), file));
        Assert.Single(files.Select(Path.GetDirectoryName).Distinct());
        Assert.Equal(0, Client.Open("i05"));
        foreach (var file in files)
        {
            await Tool.DecodesAsync(Path.Combine(Client.Root, "i05", file));
            Assert.True(await InspectorClient.SecondsAsync(Path.Combine(Client.Root, "i05", file)) >= 2, file);
        }
    }

    [Fact]
    public async Task I12_a_path_of_another_system_is_a_label_below_the_root()
    {
        await Client.PostAsync("/api/inspector/recordingdirectory", """{ "Directory": "C:\\tmp\\Data1" }""");
        await RecordAsync("tmp/Data1", 1);
        Assert.Equal(2, Client.Files("tmp/Data1").Count);
    }

    [Fact]
    public async Task I16_the_published_sample_is_taken_with_its_typing_errors()
    {
        await Client.DirectoryAsync("i16");
        await Client.PostAsync("/api/recordersettings/apply", InspectorClient.Sample);
        await RecordAsync("i16", 1);
        var file = Assert.Single(Client.Files("i16"), file => file.StartsWith("cam1", StringComparison.Ordinal));
        Assert.Matches(SampleName(), file);
        var now = DateTimeOffset.Now;
        Assert.Contains(string.Join('/', file.Split('/')[1..4]), new[] { $"{now:yyyy'/'MM'/'dd}", $"{now.AddMinutes(-5):yyyy'/'MM'/'dd}" });
    }

    [Fact]
    public async Task I19_a_split_time_of_a_minute_gives_a_file_a_minute()
    {
        var root = await box.Split;
        foreach (var channel in new[] { "cam1", "cam2" })
        {
            var files = Directory.GetFiles(root, $"*@{channel}*.mp4", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
            Assert.True(files.Count >= 3, string.Join(", ", files));
            foreach (var file in files)
                await Tool.DecodesAsync(file);
            Assert.InRange(await InspectorClient.SecondsAsync(files[0]), 59, 64);       // the next key frame after a minute
            Assert.InRange(await InspectorClient.SecondsAsync(files[1]), 59, 64);
        }
    }

    [Fact]
    public async Task I22_tags_are_evaluated_again_at_a_split()
    {
        var root = await box.Evaluated;
        var names = Directory.GetFiles(root, "*.mp4", SearchOption.AllDirectories).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal).ToList();
        Assert.True(names.Count >= 2, string.Join(", ", names));
        var times = names.Select(name => DateTimeOffset.ParseExact(name.Split('@')[0], Stamp, CultureInfo.InvariantCulture)).ToList();
        Assert.InRange(times[1] - times[0], TimeSpan.FromSeconds(55), TimeSpan.FromSeconds(68));
    }

    [Fact]
    public async Task I23_tags_are_kept_at_a_split_and_files_are_counted()
    {
        var root = await box.Split;
        foreach (var channel in new[] { "cam1", "cam2" })
        {
            var names = Directory.GetFiles(root, $"*@{channel}*.mp4", SearchOption.AllDirectories).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal).ToList();
            Assert.Equal([$"{names[0]}_001", $"{names[0]}_002"], names[1..3]);
        }
    }

    [Fact]
    public async Task I27_a_name_with_a_slash_adds_no_directory()
    {
        var root = await box.Evaluated;
        Assert.All(Directory.GetFiles(root, "*.mp4", SearchOption.AllDirectories), file =>
        {
            Assert.Equal("a_b", Path.GetDirectoryName(Path.GetRelativePath(root, file)));
            Assert.EndsWith("@a_b.mp4", file, StringComparison.Ordinal);
        });
        Assert.NotEmpty(Directory.GetFiles(root, "*.mp4", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task I28_month_and_minute_are_told_apart()
    {
        await box.UntilAsync(() => DateTimeOffset.Now.Minute != DateTimeOffset.Now.Month, "a minute that is not the month");
        await Client.DirectoryAsync("i28");
        await Client.PostAsync("/api/inspector/pathtemplate", """{"FilenameTemplate":"${MM}-${mm}","DirectoryTemplate":"${channelname}"}""");
        var before = DateTimeOffset.Now;
        await RecordAsync("i28", 1);
        var possible = new[] { before, before.AddMinutes(1) }.SelectMany(at => new[] { $"cam1/{at:MM-mm}.mp4", $"cam2/{at:MM-mm}.mp4" });
        Assert.All(Client.Files("i28"), file => Assert.Contains(file, possible));
        Assert.Equal(2, Client.Files("i28").Count);
    }

    [Fact]
    public async Task I29_a_picture_of_each_live_channel()
    {
        await Client.InspectionAsync("i29");
        Assert.True(await Client.AskAsync("takeframegrab"));
        var pictures = Client.Files("i29", ".jpg");
        Assert.Equal(["cam1", "cam2"], pictures.Select(file => Path.GetFileNameWithoutExtension(file).Split('@')[1]).Order());
        foreach (var picture in pictures)
            Assert.Equal("mjpeg,320,180", (await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", Path.Combine(Client.Root, "i29", picture))).Trim());
        Assert.True(await Client.AskAsync("takeframegrab"));
        Assert.Equal(4, Client.Files("i29", ".jpg").Count);
    }

    [Fact]
    public async Task I30_I33_I32_nothing_is_live_and_there_are_no_pictures_and_no_clips()
    {
        using var setup = new DaemonSetup { Program = InspectorBox.Program }.WithInspector().With("cam3", "rtsp://127.0.0.1:1/none");
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var client = new InspectorClient(setup);
        Assert.Equal("false", await client.TextAsync("takeframegrab"));         // I30
        await client.DoAsync("startclip");                                      // I33
        Assert.Equal("false", await client.TextAsync("iscliprecording"));
        await client.DoAsync("stopclip");                                       // I32
        Assert.Equal("false", await client.TextAsync("isrecording?scope=any"));
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task I31_a_clip_beside_the_master_recording_begins_at_the_key_frame_before_it()
    {
        await Client.DirectoryAsync("i31");
        await Client.InspectionAsync("i31clips");
        await Client.DoAsync(Start);
        await box.UntilAsync(() => Client.Open("i31") == 2, "two open files");
        await GrowAsync("i31", 2);
        await Client.DoAsync("startclip");
        Assert.Equal("true", await Client.TextAsync("iscliprecording"));
        await box.UntilAsync(() => Client.Open("i31clips") == 2, "two open clips");
        await GrowAsync("i31clips", 2);
        await Client.DoAsync("stopclip");
        Assert.Equal("false", await Client.TextAsync("iscliprecording"));
        Assert.Equal("true", await Client.TextAsync(IsRecording));
        Assert.Equal(2, Client.Open("i31"));
        var clips = Client.Files("i31clips");
        Assert.Equal(2, clips.Count);
        Assert.All(clips, clip => Assert.EndsWith("_anomaly.mp4", clip, StringComparison.Ordinal));
        await Client.DoAsync(Stop);
        var clipped = await SourceClip.OpenAsync("small.h264");
        foreach (var file in clips.Select(clip => $"i31clips/{clip}").Concat(Client.Files("i31").Select(file => $"i31/{file}")))
        {
            await Tool.DecodesAsync(Path.Combine(Client.Root, file));
            Assert.Single(await clipped.StretchesAsync(Path.Combine(Client.Root, file)));      // no gap
        }
    }

    [Fact]
    public async Task I37_what_CDVR_records_is_neither_counted_nor_ended()
    {
        await box.Daemon.RecordAsync("cam1", on: false);
        await box.Daemon.RecordAsync("cam2", on: false);
        using var cdvr = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{box.Daemon.Setup.CdvrPort}") };
        const string Where = "Sim=cam1&Channel=1&Protocol=3";
        var id = JobOf(await cdvr.GetAsync($"/Record/Start?{Where}").BodyAsync());
        await box.UntilAsync(async () => await Client.AskAsync("isrecording?scope=any"), "the recording of CDVR");
        Assert.False(await Client.AskAsync(IsRecording));
        await Client.DirectoryAsync("i37");
        await RecordAsync("i37", 1);
        Assert.Equal(("false", "true"), (await Client.TextAsync(IsRecording), await Client.TextAsync("isrecording?scope=any")));
        var again = await cdvr.GetAsync($"/Record/Start?{Where}").BodyAsync();
        Assert.Equal(("already recording", id), (again.GetProperty("resultNote").GetString(), JobOf(again)));
        Assert.Equal("success", (await cdvr.GetAsync($"/Record/Stop?{Where}").BodyAsync()).GetProperty("resultNote").GetString());
        await box.Daemon.RecordAsync("cam1", on: true);
        await box.Daemon.RecordAsync("cam2", on: true);
        await InspectorBox.LiveAsync(box.Daemon, "cam1", "cam2");
    }

    [Fact]
    public async Task I39_the_master_recording_goes_on_after_a_restart()
    {
        await Client.DirectoryAsync("i39");
        await Client.DoAsync(Start);
        await box.UntilAsync(() => Client.Open("i39") == 2, "two open files");
        await GrowAsync("i39", 2);
        await box.RestartAsync();
        await box.Daemon.WaitAsync(() => Client.AskAsync(IsRecording), recording => recording, "recording again", TimeSpan.FromSeconds(10));
        await box.UntilAsync(() => Client.Open("i39") == 2, "two open files");
        await GrowAsync("i39", 1);
        await Client.DoAsync(Stop);
        var files = Client.Files("i39");
        Assert.Equal(4, files.Count);                        // each channel's up to the stop, and from the start on
        foreach (var file in files)
            await Tool.DecodesAsync(Path.Combine(Client.Root, "i39", file));
    }

    /// <summary>Starts, records for a while, stops.</summary>
    private async Task RecordAsync(string folder, double seconds)
    {
        await Client.DoAsync(Start);
        await box.UntilAsync(() => Client.Open(folder) == 2, "two open files");
        await GrowAsync(folder, seconds);
        await Client.DoAsync(Stop);
    }

    /// <summary>Waits until each open file has so much media, told by its size: the clips have 300 kbit/s.</summary>
    private Task GrowAsync(string folder, double seconds) => box.UntilAsync(
        () => Directory.GetFiles(Path.Combine(Client.Root, folder), "tmp_*", SearchOption.AllDirectories) is { Length: 2 } open && open.All(file => new FileInfo(file).Length > 30_000 * seconds),
        $"{seconds} s in each file");

    private static string JobOf(System.Text.Json.JsonElement answer)
        => System.Text.Json.JsonDocument.Parse(answer.GetProperty("detail").GetString()!).RootElement.GetProperty("jobId").GetString()!;

    /// <summary>Files of the family that the daemon has open.</summary>
    private List<string> OpenFiles() => [.. Directory.EnumerateFileSystemEntries($"/proc/{box.Daemon.Id}/fd").Select(path => new FileInfo(path).LinkTarget ?? "").Where(target => target.StartsWith(Client.Root, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
