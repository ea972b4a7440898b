using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Conformance.Ome;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Conformance.Cdvr;

/// <summary>What was recorded, as files: of one recording of both channels, and of what another family records.</summary>
public sealed partial class CdvrTests
{
    [Fact]
    public async Task C20_files_are_listed_as_text_that_holds_JSON()
    {
        var group = await GroupAsync();
        Assert.Equal(("013300001111", "1", 0), (Text(group, "sim"), Text(group, "channel"), group.GetProperty("protocol").GetInt32()));
        Assert.True(group.GetProperty("fileCount").GetInt32() >= 1);
        Assert.Equal(group.GetProperty("fileCount").GetInt32(), group.GetProperty("fileList").GetArrayLength());
        foreach (var file in group.GetProperty("fileList").EnumerateArray())
        {
            Assert.Equal((1, 0, 1, 1, false), (file.GetProperty("channel").GetInt32(), file.GetProperty("mediaType").GetInt32(), file.GetProperty("streamType").GetInt32(), file.GetProperty("storageType").GetInt32(),
                file.GetProperty("recording").GetBoolean()));
            Assert.Matches("^ydr_013300001111_1_[0-9]{14}_[0-9]{14}.mp4$", Text(file, "fileName"));
            Assert.Matches("^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$", Text(file, "startTime"));
        }
    }

    [Fact]
    public async Task C21_who_does_not_ask_for_JSON_gets_the_text_itself()
    {
        var group = await GroupAsync();
        foreach (var accept in (string?[])[null, "*/*", "application/json, */*", "text/plain"])
        {
            var (type, text) = await box.QueryAsync((await box.Recorded).Body, accept);
            Assert.Equal("text/plain; charset=utf-8", type);
            Assert.Equal(group.ToString(), Assert.Single(JsonDocument.Parse(text).RootElement.EnumerateArray()).ToString());
        }
    }

    [Fact]
    public async Task C22_times_may_be_Unix_seconds_and_ISO_8601()
    {
        var (from, to) = await box.Recorded;
        var body = $$"""{"timeStart":"{{from.ToUnixTimeSeconds()}}","timeEnd":"{{to:yyyy-MM-dd'T'HH:mm:ss'Z'}}","devices":[{"sim":"013300001111","channel":["1"],"protocol":0}]}""";
        Assert.Equal((await GroupAsync()).ToString(), Assert.Single((await box.FilesAsync(body)).EnumerateArray()).ToString());
    }

    [Fact]
    public async Task C23_a_window_without_footage_is_an_entry_without_files()
    {
        await box.Recorded;
        var none = Assert.Single((await box.FilesAsync("""{"timeStart":"1999-01-01 00:00:00","timeEnd":"1999-12-31 00:00:00","devices":[{"sim":"013300001111","channel":["1"],"protocol":0}]}""")).EnumerateArray());
        Assert.Equal((0, 0), (none.GetProperty("fileCount").GetInt32(), none.GetProperty("fileList").GetArrayLength()));
    }

    [Fact]
    public async Task C24_a_time_that_is_none()
    {
        var refused = await box.FilesAsync("""{"timeStart":"yesterday"}""");
        Assert.Equal((-1, "invalid timeStart"), (refused.GetProperty("result").GetInt32(), Text(refused, "resultNote")));
    }

    [Fact]
    public async Task C25_what_OvenMediaEngine_alone_records_is_listed()
    {
        await box.Recorded;                                  // the terminal is approved since then
        var before = DateTimeOffset.UtcNow;
        await box.Ome.StartAsync("c25", CdvrBox.First, "\"filePath\":\"c25.ts\"");
        await box.Ome.AwaitAsync("c25", job => OmeClient.Number(job, "recordTime") >= 2000, "two seconds of footage");
        Assert.Empty(await box.JobsAsync());
        await box.Ome.StopAsync("c25");
        var bytes = OmeClient.Number(await box.Ome.AwaitAsync("c25", "stopped"), "recordBytes");
        var group = Assert.Single((await box.FilesAsync(CdvrBox.Window(before, DateTimeOffset.UtcNow.AddSeconds(2)))).EnumerateArray());
        Assert.True(group.GetProperty("fileCount").GetInt32() >= 1);
        var own = Assert.Single(group.GetProperty("fileList").EnumerateArray(), file => Text(file, "fileName").EndsWith(".ts", StringComparison.Ordinal) && file.GetProperty("fileSize").GetInt64() == bytes);
        using var directory = new TemporaryDirectory();
        await FetchAsync(own, directory.File("named.ts"), "video/mp2t");
        // And the footage of the ring that it was cut from.
        Assert.Contains(group.GetProperty("fileList").EnumerateArray(), file => Text(file, "fileName").EndsWith(".mp4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task C26_a_stop_leaves_the_job_of_OvenMediaEngine_and_the_terminal_alone()
    {
        await box.Recorded;
        await box.StartAsync();
        await box.RecordingAsync(1);
        var asked = await box.SentAsync("0x9101");
        await box.Ome.StartAsync("c26", CdvrBox.First);
        await box.Ome.AwaitAsync("c26", "recording");
        var closed = await box.SentAsync("0x9102");
        var stopped = await box.GetAsync("/Record/Stop?Sim=013300001111&Channel=1");
        Assert.Equal((0, "success"), (stopped.Result, stopped.Note));
        Assert.Empty(await box.JobsAsync());
        var before = await box.Ome.ShowAsync("c26");
        Assert.Equal("recording", OmeClient.State(before));
        await box.Ome.AwaitAsync("c26", job => OmeClient.State(job) == "recording" && OmeClient.Number(job, "recordTime") >= OmeClient.Number(before, "recordTime") + 2000, "two seconds of footage behind the stop");
        Assert.Equal((asked, closed), (await box.SentAsync("0x9101"), await box.SentAsync("0x9102")));
        await box.Ome.StopAsync("c26");
        await box.AwaitSentAsync("0x9102", closed + 1);      // with the last of them it ends
    }

    [Fact]
    public async Task C27_files_are_fetched_whole_and_in_parts()
    {
        using var directory = new TemporaryDirectory();
        foreach (var file in (await GroupAsync()).GetProperty("fileList").EnumerateArray())
            await FetchAsync(file, directory.File("file.mp4"), "video/mp4");
    }

    /// <summary>The one device and channel of the shared recording.</summary>
    private async Task<JsonElement> GroupAsync() => Assert.Single((await box.FilesAsync((await box.Recorded).Body)).EnumerateArray());

    /// <summary>Its beginning, its size, all of it, and nothing behind its end; what comes can be decoded.</summary>
    private async Task FetchAsync(JsonElement file, string path, string type)
    {
        var size = file.GetProperty("fileSize").GetInt64();
        using var part = await RangeAsync(file, "bytes=0-99");
        Assert.Equal((HttpStatusCode.PartialContent, (long?)100, $"bytes 0-99/{size}"), (part.StatusCode, part.Content.Headers.ContentLength, part.Content.Headers.ContentRange?.ToString()));
        var head = await part.Content.ReadAsByteArrayAsync();
        using var asked = await box.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, Text(file, "url")));
        Assert.Equal((HttpStatusCode.OK, (long?)size), (asked.StatusCode, asked.Content.Headers.ContentLength));
        using var whole = await box.Http.GetAsync(Text(file, "url"));
        Assert.Equal((type, Text(file, "fileName")), (whole.Content.Headers.ContentType?.ToString(), whole.Content.Headers.ContentDisposition?.FileName?.Trim('"')));
        var bytes = await whole.Content.ReadAsByteArrayAsync();
        Assert.Equal(size, bytes.Length);
        Assert.Equal(head, bytes[..100]);
        await File.WriteAllBytesAsync(path, bytes);
        await Tool.DecodesAsync(path);
        using var refused = await RangeAsync(file, $"bytes={size}-");
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, refused.StatusCode);
    }

    private async Task<HttpResponseMessage> RangeAsync(JsonElement file, string range)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Text(file, "url"));
        request.Headers.TryAddWithoutValidation("Range", range);
        return await box.Http.SendAsync(request);
    }
}
