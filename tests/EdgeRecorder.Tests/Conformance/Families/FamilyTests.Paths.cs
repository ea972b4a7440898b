using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;

namespace EdgeRecorder.Tests.Conformance.Families;

/// <summary>
/// Places that callers name are labels below a folder of their family. Each member that takes one is given everything that ever led out of such a folder; whatever the answer is, nothing
/// comes to lie outside, and what cannot be meant is refused in the family's shape.
/// </summary>
public sealed partial class FamilyTests
{
    /// <summary>Never acceptable: upwards, characters that end names, names that no file system has.</summary>
    private static readonly string[] Refused =
    [
        "..", "../x", "../../../../../../etc/x", @"..\..\etc", "a/../../x", @"a\..\..\x", "/../x", @"C:\..\..\x", @"\\server\share\..\x", "./../x", "a/..", @"\\?\C:\..\x",
        "a\0b", "a\nb", "a\u001b[2Jb", "a\u0085b", "a/\0", new('x', 256), $"a/{new string('ä', 128)}", string.Join('/', Enumerable.Repeat("abcdefghi", 110)), "/", @"\", @"C:\", ".", "./.", "//",
    ];

    /// <summary>Odd and harmless: whatever becomes of them lies below the folder.</summary>
    private static readonly string[] Confined =
    [
        "/etc/cron.d/x", @"C:\Windows\System32\x", @"\\server\share\x", @"\\?\C:\x", "C:x", "con", "NUL", "aux.txt", "...", "....//x", "..%2f..%2fx", "%2e%2e/x", "%252e%252e/x", "~root/x", "$(id)", "`id`", "x;rm -rf", "-rf",
        "..．/x", "․․/x", "‥/x", "a∕..∕x", "x ", " x", "x.", "file:///etc/x", "http://evil.example/x", "${channelname}", "link/x", "link",
    ];

    [Fact]
    public async Task Directories_and_templates_of_Inspector_stay_below_its_folder()
    {
        using var client = FamiliesBox.Client(box.Setup.InspectorPort);
        var outside = Trap("inspector");
        var before = box.Tree();
        foreach (var label in Refused)
        {
            foreach (var path in new[] { "/api/inspector/createdirectory", "/api/inspector/recordingdirectory", "/api/inspector/inspectiondirectory", "/api/inspector/pathtemplate", "/api/recordersettings/apply" })
                await RefusedAsync(client, path, "Directory", label);
            foreach (var member in new[] { "FilenameTemplate", "DirectoryTemplate", "FramegrabTemplate", "DataLogTemplate", "EventTemplate", "AnomalyTemplate" })
                await RefusedAsync(client, "/api/inspector/pathtemplate", member, label);
            await RefusedAsync(client, "/api/recordersettings/apply", "Filename", label);
        }
        foreach (var label in Confined)
        {
            using var made = await PostAsync(client, "/api/inspector/createdirectory", "Directory", label);
            Assert.Contains(made.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.InternalServerError });
            using var set = await PostAsync(client, "/api/inspector/recordingdirectory", "Directory", label);
            Assert.Contains(set.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.InternalServerError });
        }
        // A recording through a symbolic link: it has nowhere to go.
        using (var link = await PostAsync(client, "/api/inspector/recordingdirectory", "Directory", "link/x"))
            Assert.Equal(HttpStatusCode.OK, link.StatusCode);
        await client.GetAsync("/api/inspector/startrecording");
        await client.GetAsync("/api/inspector/takeframegrab");
        await box.Daemon.WaitAsync(() => box.RecordingsAsync("inspector"), states => states.Count > 0 && states.All(state => state == "error"), "recordings in error");
        await client.GetAsync("/api/inspector/stoprecording");
        using (var back = await PostAsync(client, "/api/inspector/recordingdirectory", "Directory", "after"))
            Assert.Equal(HttpStatusCode.OK, back.StatusCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.Equal(before, box.Tree());
    }

    [Fact]
    public async Task Paths_of_OvenMediaEngine_stay_below_its_folder()
    {
        using var client = FamiliesBox.Client(box.Setup.OmePort, FamiliesBox.OmeToken);
        var outside = Trap("ome");
        var before = box.Tree();
        foreach (var label in Refused)
            foreach (var member in new[] { "filePath", "infoPath" })
            {
                using var answer = await OmeAsync(client, "attack", member, label);
                var body = await answer.Content.ReadAsStringAsync();
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest && body.Contains($"Invalid [{member}] parameter (400)", StringComparison.Ordinal), $"{member} {Show(label)}: {(int)answer.StatusCode} {body}");
            }
        var number = 0;
        foreach (var label in Confined)
        {
            using var answer = await OmeAsync(client, $"confined{number++}", "filePath", label);
            Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.BadRequest });
        }
        for (; number >= 0; number--)
            using (await client.PostAsync("/v1/vhosts/default/apps/app:stopRecord", Requests.Json($$"""{"id":"confined{{number}}"}""")))
            {
            }
        await box.Daemon.WaitAsync(() => box.RecordingsAsync("ome"), states => states.Count == 0, "the end of all recordings");
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.Equal(before, box.Tree());
    }

    [Fact]
    public async Task Names_in_requests_of_AxxonSoft_and_CDVR_open_no_file()
    {
        using var axxon = FamiliesBox.Client(box.Setup.AxxonPort);
        using var cdvr = FamiliesBox.Client(box.Setup.CdvrPort);
        var now = DateTimeOffset.UtcNow.AddSeconds(-1);
        using var order = await axxon.PostAsync($"/export/archive/Server1/DeviceIpint.1/SourceEndpoint.video:0:0/{now.AddSeconds(-1):yyyyMMdd'T'HHmmss}/{now:yyyyMMdd'T'HHmmss}", Requests.Json("""{"format":"mp4"}"""));
        var place = order.Headers.Location!.OriginalString;
        await box.Daemon.WaitAsync(() => axxon.GetAsync($"{place}/status").BodyAsync(), status => status.GetProperty("state").GetInt32() >= 2, "the end of the export");
        foreach (var name in Refused.Concat(Confined))
        {
            using (var file = await axxon.GetAsync($"{place}/file?name={Uri.EscapeDataString(Encodable(name))}"))
                Assert.Equal(HttpStatusCode.NotFound, file.StatusCode);
            using (var file = await cdvr.GetAsync($"/Record/File/{Uri.EscapeDataString(Encodable(name))}"))
                Assert.Contains(file.StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.BadRequest });
        }
        using (await axxon.DeleteAsync(place))
        {
        }
    }

    /// <summary>A link in the folder of a family that leads out of it; what lies behind it must stay empty.</summary>
    private string Trap(string family)
    {
        var outside = Path.Combine(box.Around, $"outside-{family}");
        Directory.CreateDirectory(outside);
        var folder = Path.Combine(box.Setup.Root, "files", family);
        Directory.CreateDirectory(folder);
        File.CreateSymbolicLink(Path.Combine(folder, "link"), outside);
        return outside;
    }

    private static async Task RefusedAsync(HttpClient client, string path, string member, string label)
    {
        using var answer = await PostAsync(client, path, member, label);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.InternalServerError && body.Contains("\"Error\"", StringComparison.Ordinal), $"{path} {member} {Show(label)}: {(int)answer.StatusCode} {body}");
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string member, string label)
        => client.PostAsync(path, Requests.Json(JsonSerializer.Serialize(new Dictionary<string, string> { [member] = label })));

    private static Task<HttpResponseMessage> OmeAsync(HttpClient client, string id, string member, string label)
        => client.PostAsync("/v1/vhosts/default/apps/app:startRecord", Requests.Json(JsonSerializer.Serialize(new Dictionary<string, object> { ["id"] = id, ["stream"] = new Dictionary<string, string> { ["name"] = "gate" }, [member] = label })));

    private static string Encodable(string name) => name.Replace("\0", "%00", StringComparison.Ordinal);

    private static string Show(string label) => JsonSerializer.Serialize(label.Length > 60 ? label[..60] : label);
}
