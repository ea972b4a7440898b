using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Axxon;

/// <summary>The cases of the contract, by number, over HTTP against the started daemon: the archive.</summary>
[Collection(ThirdDaemon.Name)]
public sealed partial class AxxonTests(AxxonBox box) : IClassFixture<AxxonBox>, IDisposable
{
    private const string Mp4 = """{"format":"mp4"}""";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [GeneratedRegex("^/export/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    private static partial Regex Location();

    [Fact]
    public async Task A01_to_A08_an_export_is_ordered_polled_fetched_and_deleted()
    {
        using var answer = await box.Client.PostAsync(box.A01, Mp4);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Matches(Location(), answer.Headers.Location!.OriginalString);
        Assert.True(answer.Headers.CacheControl!.NoCache);
        Assert.Equal(0, answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        var id = answer.Headers.Location!.OriginalString.Split('/')[^1];

        var status = await box.Client.DoneAsync(id);                            // A02
        var name = Assert.Single(AxxonClient.Files(status));
        Assert.Equal($"Server1_DeviceIpint.1[{box.B}-{box.E}].mp4", name);
        Assert.Equal($"Server1_1.Gate_1_ _north_[{box.B}-{box.E}].mp4", Assert.Single(status.GetProperty("filesFriendly").EnumerateArray()).GetString());

        using var named = await box.Client.FileAsync(id, name);                 // A03
        Assert.Equal((HttpStatusCode.OK, "video/mp4"), (named.StatusCode, named.Content.Headers.ContentType!.MediaType));
        Assert.Equal("attachment", named.Content.Headers.ContentDisposition!.DispositionType);
        var bytes = await named.Content.ReadAsByteArrayAsync();
        var file = _directory.File("A03.mp4");
        await File.WriteAllBytesAsync(file, bytes);
        await Tool.DecodesAsync(file);
        await Tool.DecodesInGStreamerAsync(file, video: true, audio: true);
        Assert.InRange(await AxxonClient.DurationAsync(file), 9.9, 10.1);
        Assert.Single(await (await SourceClip.OpenAsync("720p-4m.h264")).StretchesAsync(file));
        Assert.Equal("moov", (await Tool.TextAsync("sh", "-c", $"dd if='{file}' bs=1 skip=28 count=4 status=none")));

        using (var unnamed = await box.Client.FileAsync(id, null))              // A04
            Assert.Equal(bytes, await unnamed.Content.ReadAsByteArrayAsync());
        using var ranged = new HttpRequestMessage(HttpMethod.Get, $"/export/{id}/file?name={name}") { Headers = { Range = new RangeHeaderValue(0, 1023) } };
        using (var part = await box.Client.Http.SendAsync(ranged))              // A05, brackets raw
        {
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal(bytes[..1024], await part.Content.ReadAsByteArrayAsync());
        }
        using var beyond = new HttpRequestMessage(HttpMethod.Get, $"/export/{id}/file") { Headers = { Range = new RangeHeaderValue(bytes.Length, null) } };
        using (var none = await box.Client.Http.SendAsync(beyond))
            Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, none.StatusCode);
        using (var head = await box.Client.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/export/{id}/file")))
            Assert.Equal((HttpStatusCode.OK, bytes.LongLength), (head.StatusCode, head.Content.Headers.ContentLength));
        foreach (var trick in new[] { "../../nvr.db", "../../ledger.db", "/etc/passwd", "manifest.json", "%2e%2e/x", "\0" })
            using (var refused = await box.Client.FileAsync(id, trick))         // A06
                Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);

        using (var deleted = await box.Client.Http.DeleteAsync($"/export/{id}"))     // A07
        {
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
            Assert.Empty(await deleted.Content.ReadAsByteArrayAsync());
        }
        Assert.False(Directory.Exists(Path.Combine(box.Daemon.Setup.Root, "exports", id)));
        foreach (var (method, path) in new[] { (HttpMethod.Get, $"/export/{id}/status"), (HttpMethod.Get, $"/export/{id}/file"), (HttpMethod.Delete, $"/export/{id}") })
            Assert.Equal(HttpStatusCode.NotFound, await box.Client.CodeAsync(method, path));      // A08
        Assert.Equal(HttpStatusCode.NotFound, await box.Client.CodeAsync(HttpMethod.Get, "/export/not-a-uuid/status"));
    }

    [Fact]
    public async Task A09_begin_and_end_may_be_swapped()
    {
        var id = await box.Client.OrderAsync(AxxonBox.Archive(AxxonClient.Source(1), box.E, box.B), Mp4);
        var file = await box.Client.SaveAsync(id, AxxonClient.Files(await box.Client.DoneAsync(id))[0], _directory);
        Assert.InRange(await AxxonClient.DurationAsync(file), 9.9, 10.1);
    }

    [Fact]
    public async Task A10_fractions_a_wait_and_a_quality_that_nothing_can_encode()
    {
        var id = await box.Client.OrderAsync($"{AxxonBox.Archive(AxxonClient.Source(1), box.B + ".908", box.E + ".908")}?waittimeout=30", """{"format":"mp4","vc":4,"comment":"x"}""");
        var status = await box.Client.DoneAsync(id);
        Assert.StartsWith("vc:", Assert.Single(status.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        var file = await box.Client.SaveAsync(id, AxxonClient.Files(status)[0], _directory);
        Assert.Equal("x", (await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "format_tags=comment", "-of", "csv=p=0", file)).Trim());
    }

    [Theory]
    [InlineData("{}", "format")]                                                // A11
    [InlineData("""{"format":"wmv"}""", "format")]                              // A12
    [InlineData("format=mp4", "body")]                                          // A13
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("""{"format":"exe"}""", "format")]                              // A14
    [InlineData("""{"format":"mp4","vc":7}""", "vc")]                           // A21
    [InlineData("""{"format":"mp4","vc":1.5}""", "vc")]
    [InlineData("""{"format":"mp4","ac":-1}""", "ac")]
    [InlineData("""{"format":"mp4","freq":4}""", "freq")]                       // A22
    [InlineData("""{"format":"mp4","maskspace":[[[0.2,0.2],[0.3,0.7],[0.5,0.5],[0.2,0.2]]]}""", "masks")]      // A23: never an unmasked file
    [InlineData("""{"format":"mp4","maskspace":[[[0.2,0.2],[0.3,0.7],[0.5,0.5],[0.1,0.1]]]}""", "maskspace")]
    [InlineData("""{"format":"mp4","croparea":[[0.8,0.8],[0.3]]}""", "croparea")]       // A24
    [InlineData("""{"format":"mp4","croparea":[[0.3,0.3],[0.8,0.8]]}""", "crop")]
    [InlineData("""{"format":"mp4","croparea":[[0.3,0.3],[0.3,0.8]]}""", "croparea")]
    [InlineData("""{"format":"mp4","color":"red"}""", "color")]
    [InlineData("""{"format":"mp4","layout":2}""", "layout")]
    [InlineData("""{"format":"mp4","maxfilesize":"big"}""", "maxfilesize")]
    [InlineData("""{"format":"mp4","comment":"\ud83d"}""", "comment")]
    public async Task A11_to_A14_and_A21_to_A24_what_cannot_be_meant_or_done_is_refused_by_its_name(string body, string member) => await box.Client.RefusedAsync(box.A01, body, member);

    [Theory]
    [InlineData("2020-04-15T08:54:56Z", "20200415T085501")]                     // A15
    [InlineData("20200415T085456", "20200431T085501")]
    [InlineData("20200415T085456.1234567", "20200415T085501")]
    [InlineData("20200415T085456", "20200415T085456")]                          // A25
    [InlineData("20200415T000000", "20200416T000001")]                          // longer than a day
    public async Task A15_A25_times_that_are_none(string begin, string end) => await box.Client.RefusedAsync(AxxonBox.Archive(AxxonClient.Source(1), begin, end), Mp4, "TIME");

    [Fact]
    public async Task A16_an_unknown_source()
    {
        await box.Client.RefusedAsync(AxxonBox.Archive("Server1/DeviceIpint.999/SourceEndpoint.video:0:0", box.B, box.E), Mp4, "VIDEOSOURCEID");
        await box.Client.RefusedAsync(AxxonBox.Archive("Server1/DeviceIpint.1/SourceEndpoint.video:0:7", box.B, box.E), Mp4, "VIDEOSOURCEID");
        await box.Client.RefusedAsync(AxxonBox.Archive("DeviceIpint.1/SourceEndpoint.video:0:0", box.B, box.E), Mp4, "path");
    }

    [Fact]
    public async Task A17_A18_no_footage_is_state_6()
    {
        foreach (var path in new[] { AxxonBox.Archive(AxxonClient.Source(2), box.B, box.E), AxxonBox.Archive(AxxonClient.Source(1), "19990101T000000", "19990101T000100"), AxxonBox.Archive(AxxonClient.Source(2), "past", "future") })
        {
            var status = await box.Client.EndAsync(await box.Client.OrderAsync(path, Mp4));
            Assert.Equal(6, status.GetProperty("state").GetInt32());
            Assert.NotEqual("", status.GetProperty("error").GetString());
            Assert.Empty(AxxonClient.Files(status));
        }
    }

    [Fact]
    public async Task A19_parts_begin_with_key_frames_and_play_on_their_own()
    {
        var id = await box.Client.OrderAsync(box.A01, """{"format":"mp4","maxfilesize":1e+6}""");
        var names = AxxonClient.Files(await box.Client.DoneAsync(id));
        Assert.InRange(names.Count, 3, 12);
        Assert.Equal(names.Count, names.Distinct().Count());
        var seconds = 0.0;
        var pictures = 0;
        var clip = await SourceClip.OpenAsync("720p-4m.h264");
        foreach (var name in names)
        {
            var file = await box.Client.SaveAsync(id, name, _directory);
            Assert.InRange(new FileInfo(file).Length, 1, 1_000_000 + 1_200_000);
            await Tool.DecodesAsync(file);
            seconds += await AxxonClient.DurationAsync(file);
            pictures += Assert.Single(await clip.StretchesAsync(file)).Count;
        }
        Assert.InRange(seconds, 9.5, 10.6);
        Assert.InRange(pictures, 250, 276);                                     // from the key frame before to the end, none lost between parts
    }

    [Fact]
    public async Task A27_A28_the_archive_is_a_key_into_a_table()
    {
        await box.Client.RefusedAsync(box.A01 + "?archive=hosts/Server1/MultimediaStorage.Nope/MultimediaStorage", Mp4, "archive");
        await box.Client.DoneAsync(await box.Client.OrderAsync(box.A01 + "?archive=hosts/Server1/MultimediaStorage.ring/MultimediaStorage", Mp4));
        await box.Client.RefusedAsync(box.A01 + "?waittimeout=soon", Mp4, "waittimeout");
    }

    [Fact]
    public async Task A32_past_and_future_are_all_there_is()
    {
        var before = await box.Daemon.TimelineAsync("one");
        var id = await box.Client.OrderAsync(AxxonBox.Archive(AxxonClient.Source(1), "past", "future"), Mp4);
        var file = await box.Client.SaveAsync(id, AxxonClient.Files(await box.Client.DoneAsync(id))[0], _directory);
        var after = await box.Daemon.TimelineAsync("one");
        Assert.InRange(await AxxonClient.DurationAsync(file), before.Footage.TotalSeconds - 0.5, after.Footage.TotalSeconds + 0.5);
        await Tool.DecodesAsync(file);
    }

    [Fact]
    public async Task A33_sources_may_be_escaped_and_prefixed()
    {
        foreach (var source in new[] { "Server1/DeviceIpint.1/SourceEndpoint.video%3A0%3A0", "Server1%2FDeviceIpint.1%2FSourceEndpoint.video%3A0%3A0", "hosts/Server1/DeviceIpint.1/SourceEndpoint.video:0:0" })
            await box.Client.DoneAsync(await box.Client.OrderAsync(AxxonBox.Archive(source, box.B, box.E), Mp4));
    }

    [Fact]
    public async Task A36_another_method_names_the_right_one()
    {
        using var answer = await box.Client.Http.GetAsync(box.A01);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (answer.StatusCode, string.Join(',', answer.Content.Headers.Allow)));
        Assert.Equal(HttpStatusCode.NotFound, await box.Client.CodeAsync(HttpMethod.Get, "/api/v1/status"));       // nothing of the box API here
        Assert.Equal(HttpStatusCode.NotFound, await box.Client.CodeAsync(HttpMethod.Get, "/healthz"));
        using var there = await box.Daemon.Http.GetAsync("/export/x/status");
        Assert.Equal(HttpStatusCode.NotFound, there.StatusCode);
    }

    [Fact]
    public async Task A37_footage_that_only_a_CDVR_job_recorded_is_exported()
    {
        var timeline = await box.Daemon.AwaitFootageAsync("four", TimeSpan.FromSeconds(6));
        var from = timeline.Spans[0].From.AddSeconds(1);
        var id = await box.Client.OrderAsync(AxxonBox.Archive(AxxonClient.Source(4), AxxonClient.Time(from), AxxonClient.Time(from.AddSeconds(3))), Mp4);
        await Tool.DecodesAsync(await box.Client.SaveAsync(id, AxxonClient.Files(await box.Client.DoneAsync(id))[0], _directory));
    }
}
