using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Inspector;

/// <summary>The cases of the contract, by number, over HTTP against the published program: settings and answers.</summary>
[Collection(ThirdDaemon.Name)]
[TestCaseOrderer("EdgeRecorder.Tests.Conformance.Inspector.WaitsLast", "EdgeRecorder.Tests")]
public sealed partial class InspectorTests(InspectorBox box) : IClassFixture<InspectorBox>, IAsyncLifetime
{
    private const string Start = "startrecording", Stop = "stoprecording", IsRecording = "isrecording";

    private InspectorClient Client => box.Client;

    /// <summary>Fresh settings before each case.</summary>
    public async Task InitializeAsync()
    {
        await Client.DoAsync(Stop);
        await Client.DoAsync("stopclip");
        await Client.PostAsync("/api/inspector/pathtemplate",
            """{"FilenameTemplate":"","DirectoryTemplate":"","FramegrabTemplate":"","DataLogTemplate":"","EventTemplate":"","AnomalyTemplate":""}""");
        await Client.DoAsync("splittime/10");
        await Client.DoAsync("reevaluatetags/false");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task I01_ping_is_an_object_with_true()
    {
        using var answer = await Client.P.GetAsync("/api/stats/ping");
        Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        Assert.Equal("""{"Ping":true}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("""{"Ping":true}""", await Client.Q.GetStringAsync("/API/Stats/Ping/"));
    }

    [Fact]
    public async Task I02_an_unknown_path_is_404_and_empty()
        => Assert.Equal((HttpStatusCode.NotFound, null, ""), await InspectorClient.SendAsync(Client.P, HttpMethod.Get, "/api/stats/pong"));

    [Fact]
    public async Task I03_nothing_records_and_the_answer_is_bare() => Assert.Equal("false", await Client.TextAsync(IsRecording));

    [Fact]
    public async Task I04_nothing_records_and_the_recording_service_answers_an_object()
    {
        Assert.Equal("""{"IsRecording":false}""", await Client.Q.GetStringAsync("/api/recording/encoderrunning"));
        Assert.Equal("""{"IsRecording":false}""", await Client.Q.GetStringAsync("/api/recording/isrecording"));
    }

    [Fact]
    public async Task I13_a_directory_that_leads_outside_is_refused_and_nothing_changes()
    {
        var before = (await Client.TemplatesAsync()).ToString();
        var beside = Tree(box.Daemon.Setup.Root);
        Assert.Equal("invalid Directory", await Client.RefusedAsync(HttpMethod.Post, "/api/inspector/recordingdirectory", """{ "Directory": "..\\..\\etc" }"""));
        Assert.Equal(before, (await Client.TemplatesAsync()).ToString());
        Assert.Equal(beside, Tree(box.Daemon.Setup.Root));
    }

    [Fact]
    public async Task I14_bodies_that_say_nothing_are_refused()
    {
        foreach (var path in new[] { "recordingdirectory", "inspectiondirectory", "createdirectory" })
            foreach (var body in new[] { "{}", """{"Directory":5}""", "not json", """{"Directory":null}""", """{"Directory":""}""", "[]", "" })
                Assert.NotEqual("", await Client.RefusedAsync(HttpMethod.Post, $"/api/inspector/{path}", body));
    }

    [Fact]
    public async Task I15_a_directory_is_made_once_and_may_be_asked_for_again()
    {
        await Client.PostAsync("/api/inspector/createdirectory", """{ "Directory": "new_directory_name" }""");
        await Client.PostAsync("/api/inspector/createdirectory", """{ "Directory": "new_directory_name" }""");
        Assert.True(Directory.Exists(Path.Combine(Client.Root, "new_directory_name")));
        await File.WriteAllTextAsync(Path.Combine(Client.Root, "a_file"), "");
        Assert.Equal("invalid Directory", await Client.RefusedAsync(HttpMethod.Post, "/api/inspector/createdirectory", """{ "Directory": "a_file" }"""));
    }

    [Fact]
    public async Task I17_an_unknown_encoder_is_refused_with_everything_beside_it()
    {
        var before = (await Client.TemplatesAsync()).ToString();
        Assert.Contains("Encoder", await Client.RefusedAsync(HttpMethod.Post, "/api/recordersettings/apply", """{"Encoder":"bogus","Filename":"other","DirectoryTemplate":"other","Directory":"other"}"""), StringComparison.Ordinal);
        Assert.Equal(before, (await Client.TemplatesAsync()).ToString());
    }

    [Fact]
    public async Task I18_a_resolution_is_taken_and_encodings_that_no_source_follows_are_named()
    {
        await Client.PostAsync("/api/recordersettings/apply", """{"Resolution":"1920, 1080","IsSmartEncoding":true}""");
        Assert.Empty(await NotAppliedAsync());
        await Client.PostAsync("/api/recordersettings/apply", """{"Resolution":"1280x720","Encoder":"n264","Bitrate":0,"FrameRate":0,"IsSmartEncoding":false}""");
        Assert.Equal("inspector.Encoder, inspector.Resolution", string.Join(", ", await NotAppliedAsync()));
        await Client.PostAsync("/api/recordersettings/apply", """{"Resolution":"0, 0","Encoder":null,"IsSmartEncoding":true}""");
        foreach (var wrong in new[] { "1920", "8, 8", "1920, 9000", "a, b", "1, 2, 3" })
            Assert.Contains("Resolution", await Client.RefusedAsync(HttpMethod.Post, "/api/recordersettings/apply", $$"""{"Resolution":"{{wrong}}"}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("splittime/abc")]
    [InlineData("splittime/-1")]
    [InlineData("splittime/1441")]
    [InlineData("splittime/1.5")]
    public async Task I20_a_split_time_that_is_none(string command) => Assert.Contains("SplitTimeMinutes", await Client.RefusedAsync(HttpMethod.Get, $"/api/inspector/{command}"), StringComparison.Ordinal);

    [Fact]
    public async Task I21_a_split_time_that_is_missing() => Assert.Equal((HttpStatusCode.NotFound, null, ""), await InspectorClient.SendAsync(Client.P, HttpMethod.Get, "/api/inspector/splittime/"));

    [Fact]
    public async Task I24_a_word_that_is_neither_true_nor_false()
        => Assert.Contains("ReevaluateTags", await Client.RefusedAsync(HttpMethod.Get, "/api/inspector/reevaluatetags/maybe"), StringComparison.Ordinal);

    [Fact]
    public async Task I25_one_template_is_set_and_the_others_stay()
    {
        var before = await Client.TemplatesAsync();
        await Client.PostAsync("/api/inspector/pathtemplate", """{ "FilenameTemplate": "x_${ss}" }""");
        var after = await Client.TemplatesAsync();
        Assert.Equal("x_${ss}", after.GetProperty("FilenameTemplate").GetString());
        foreach (var name in new[] { "DirectoryTemplate", "FramegrabTemplate", "DataLogTemplate", "EventTemplate", "AnomalyTemplate", "Directory" })
            Assert.Equal(before.GetProperty(name).GetString(), after.GetProperty(name).GetString());
        Assert.Equal("${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}@${channelname}_anomaly", after.GetProperty("AnomalyTemplate").GetString());
    }

    [Fact]
    public async Task I26_all_seven_members_are_set_as_they_are_sent()
    {
        const string Sample = """
            {"FilenameTemplate":"${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}@${channelname}","DirectoryTemplate":"DATA_${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}","FramegrabTemplate":"${yyyy]${MM}@$ss}",
             "DataLogTemplate":"${fff}@current","EventTemplate":"${yyyy}","AnomalyTemplate":"${ss}_anomaly","Directory":"C:\\tmp2"}
            """;
        await Client.PostAsync("/api/inspector/pathtemplate", Sample);
        var sent = JsonDocument.Parse(Sample).RootElement;
        var got = await Client.TemplatesAsync();
        foreach (var member in sent.EnumerateObject().Where(member => member.Name != "Directory"))
            Assert.Equal(member.Value.GetString(), got.GetProperty(member.Name).GetString());
        Assert.Equal("tmp2", got.GetProperty("Directory").GetString());
    }

    [Fact]
    public async Task I34_settings_are_not_read()
        => Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST", ""), await InspectorClient.SendAsync(Client.P, HttpMethod.Get, "/api/recordersettings/apply"));

    [Fact]
    public async Task I35_a_start_is_a_GET() => Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET", ""), await InspectorClient.SendAsync(Client.P, HttpMethod.Post, "/api/inspector/startrecording"));

    [Fact]
    public async Task I36_a_HEAD_starts_nothing()
    {
        foreach (var command in new[] { Start, Stop, "startclip", "stopclip", "takeframegrab", "splittime/5", "reevaluatetags/true" })
            Assert.Equal(HttpStatusCode.MethodNotAllowed, (await InspectorClient.SendAsync(Client.P, HttpMethod.Head, $"/api/inspector/{command}")).Status);
        Assert.False(await Client.AskAsync(IsRecording));
    }

    [Fact]
    public async Task I38_the_recording_service_has_a_port_of_its_own()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await InspectorClient.SendAsync(Client.P, HttpMethod.Get, "/api/recording/isrecording")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await InspectorClient.SendAsync(Client.Q, HttpMethod.Get, "/api/inspector/isrecording")).Status);
    }

    [Fact]
    public async Task I40_a_family_that_is_off_opens_no_port()
    {
        using var setup = new DaemonSetup { Program = InspectorBox.Program }.WithInspector(("enabled", false));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        foreach (var port in new[] { setup.InspectorPort, setup.InspectorRecordingPort })
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAnyAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Loopback, port))).SocketErrorCode);
        }
    }

    private async Task<string[]> NotAppliedAsync() => [.. (await box.Daemon.GetAsync("/api/v1/status")).GetProperty("notApplied").EnumerateArray().Select(name => name.GetString()!)];

    /// <summary>Everything but what the recorder itself keeps busy with.</summary>
    private static List<string> Tree(string root) => [.. Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories).Where(path => !path.StartsWith(Path.Combine(root, "ring"), StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
