using System.Text.RegularExpressions;

namespace EdgeRecorder.Tests;

/// <summary>Arrows between folders point one way (docs: README, the tree). Read from the `using` lines and from qualified names.</summary>
public sealed partial class ArchitectureTests
{
    // A folder may use those named behind it. Program.cs and Hosting put everything together.
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["Bytes"] = "",
        ["Configuration"] = "",
        ["Media"] = "Bytes Platform",
        ["H26x"] = "Bytes Media",
        ["Audio"] = "Bytes Media",
        ["Sdp"] = "Bytes Media H26x",
        ["Network"] = "Media",
        ["DigestAuth"] = "",
        ["Rtp"] = "Bytes Media H26x Sdp Audio",
        ["MpegPs"] = "Bytes Media H26x Audio",
        ["Cameras"] = "Bytes Media H26x Configuration Platform",
        ["Rtsp"] = "Bytes Media H26x Sdp Rtp Audio Network DigestAuth",
        ["Jt1078"] = "Bytes Media H26x Audio Network",
        ["Jt808"] = "Bytes Media Jt1078 Network",
        ["Sip"] = "Bytes Media Network DigestAuth",
        ["Gb28181"] = "Bytes Media H26x Audio Sdp Rtp MpegPs Sip Network",
        ["Mp4"] = "Bytes Media H26x",
        ["Sound"] = "Bytes Media Mp4 Audio Platform",
        ["MpegTs"] = "Bytes Media H26x Audio MpegPs",
        ["Storage"] = "Bytes Media Mp4 Platform",
        ["Ledger"] = "Media Storage",
        ["Recording"] = "Bytes Media Mp4 Storage Ledger Configuration",
        ["Devices"] = "Bytes Media Mp4 Storage Ledger Recording Configuration Audio Jt1078 Jt808 Network Sdp DigestAuth Sip Gb28181",
        ["Hls"] = "",
        ["Playback"] = "Bytes Media Audio Mp4 Storage Recording Hls Sound",
        ["Live"] = "Bytes Media Mp4 Storage Recording Playback Hls Sound",
        ["MediaWorker"] = "Bytes Media H26x Platform",
        ["Cascade"] = "Bytes Media Mp4 Storage Ledger Recording Configuration Sip DigestAuth Gb28181",
        ["Files"] = "Bytes Media Audio Mp4 MpegTs Sound Storage Ledger Recording Playback Configuration Platform",
        ["Export"] = "Bytes Media Mp4 Storage Ledger Recording Playback MediaWorker Configuration Platform",
        ["Health"] = "Storage Platform",
        ["Panel"] = "Media Storage Health Ledger Recording Configuration Platform",
        ["Inspector"] = "Bytes Media Mp4 Storage Ledger Recording Files Export Cameras Configuration",
        ["Api"] = "Bytes Media Mp4 Storage Health Ledger Recording Playback Live Hls Files Export MediaWorker Sound Inspector Devices Cascade Panel Configuration Schedules",
        ["Update"] = "Bytes Platform",
        ["Schedules"] = "Media Storage Ledger Recording",
        ["Hosting"] = "*",
    };

    [Fact]
    public void Arrows_between_folders_point_one_way()
    {
        var source = Repository.Path("src/EdgeRecorder");
        List<string> wrong = [];
        var files = 0;
        foreach (var file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            var parts = Path.GetRelativePath(source, file).Split('/');
            if (parts.Length == 1 || parts[0] is "obj" or "bin")
                continue;
            files++;
            if (!Allowed.TryGetValue(parts[0], out var allowed))
                wrong.Add($"{parts[0]}: a folder without a place in the order");
            else if (allowed != "*")
                wrong.AddRange(Names().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value).Distinct()
                    .Where(used => used != parts[0] && !allowed.Split(' ').Contains(used)).Select(used => $"{string.Join('/', parts)} uses {used}"));
        }
        Assert.Empty(wrong.Distinct());
        Assert.True(files > 50);
    }

    [Fact]
    public void Platform_knows_nothing_of_recording()
        => Assert.All(Directory.EnumerateFiles(Repository.Path("src/Platform"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)),
            file => Assert.DoesNotMatch(@"using EdgeRecorder\.(?!Platform)", File.ReadAllText(file)));

    [GeneratedRegex(@"(?:using (?:static )?|\b\w+ = )EdgeRecorder\.(\w+)")]
    private static partial Regex Names();
}
