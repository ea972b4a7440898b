using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.MediaWorker;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Axxon;

/// <summary>Twins of the cases that the contract has for a box without encoder, on one with x264: what is refused or left out there is done here.</summary>
[Collection(ThirdDaemon.Name)]
public sealed class AxxonEncodingTests(AxxonEncodingBox box) : IClassFixture<AxxonEncodingBox>, IDisposable
{
    private const int Width = 1280, Height = 720;
    private const byte Black = 16, Grey = 128;
    private readonly TemporaryDirectory _directory = new();

    private string Two => AxxonBox.Archive(AxxonClient.Source(1), box.B, AxxonClient.Time(box.Start.AddSeconds(12)));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A10_twin_a_quality_is_encoded()
    {
        var status = await box.Client.DoneAsync(await box.Client.OrderAsync(Two, """{"format":"mp4","vc":4,"comment":"x"}"""));
        Assert.Empty(status.GetProperty("warnings").EnumerateArray());
        var file = await box.Client.SaveAsync(status.GetProperty("id").GetString()!, Assert.Single(AxxonClient.Files(status)), _directory);
        await Tool.DecodesAsync(file);
        Assert.InRange(await AxxonClient.DurationAsync(file), 1.9, 2.1);
        Assert.InRange((await Pictures.OfAsync(file, Width, Height)).Count, 49, 51);
    }

    [Fact]
    public async Task A22_twin_every_second_picture()
    {
        var status = await box.Client.DoneAsync(await box.Client.OrderAsync(Two, """{"format":"mkv","freq":1}"""));
        var file = await box.Client.SaveAsync(status.GetProperty("id").GetString()!, Assert.Single(AxxonClient.Files(status)), _directory);
        Assert.InRange((await Pictures.OfAsync(file, Width, Height)).Count, 24, 26);
        Assert.InRange(await AxxonClient.DurationAsync(file), 1.8, 2.2);
    }

    [Fact]
    public async Task A23_twin_masked_pixels_are_black_in_every_picture()
    {
        var status = await box.Client.DoneAsync(await box.Client.OrderAsync(Two, """{"format":"mp4","maskspace":[[[0.2,0.2],[0.3,0.7],[0.5,0.5],[0.2,0.2]]]}"""));
        var file = await box.Client.SaveAsync(status.GetProperty("id").GetString()!, Assert.Single(AxxonClient.Files(status)), _directory);
        var pictures = await Pictures.OfAsync(file, Width, Height);
        Assert.InRange(pictures.Count, 49, 51);
        var brightest = 0;
        for (var i = 0; i < pictures.Count; i++)
        {
            // Well inside: the centre of the triangle and half the way from it to each corner.
            foreach (var (x, y) in new[] { (0.333, 0.467), (0.267, 0.333), (0.317, 0.583), (0.417, 0.483) })
            {
                var (column, row) = ((int)(x * Width), (int)(y * Height));
                Assert.InRange(pictures.Luma(i, column, row), Black - 3, Black + 3);
                Assert.InRange(pictures.Cb(i, column, row), Grey - 3, Grey + 3);
                Assert.InRange(pictures.Cr(i, column, row), Grey - 3, Grey + 3);
            }
            brightest = Math.Max(brightest, pictures.Luma(i, (int)(0.7 * Width), (int)(0.3 * Height)));
        }
        Assert.True(brightest > Black + 20, "nothing is left of the picture");
    }

    [Fact]
    public async Task A24_twin_a_crop_is_what_remains()
    {
        var status = await box.Client.DoneAsync(await box.Client.OrderAsync(Two, """{"format":"mp4","croparea":[[0.25,0.25],[0.75,0.75]]}"""));
        var file = await box.Client.SaveAsync(status.GetProperty("id").GetString()!, Assert.Single(AxxonClient.Files(status)), _directory);
        Assert.Equal($"{Width / 2},{Height / 2}", (await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", file)).Trim());
        await box.Client.RefusedAsync(Two, """{"format":"mp4","croparea":[[0.8,0.8],[0.3]]}""", "croparea");
    }

    [Fact]
    public async Task A35_two_slow_exports_run_sixteen_wait_and_more_are_refused()
    {
        var all = AxxonBox.Archive(AxxonClient.Source(1), "past", "future");
        var slow = new List<string>();
        for (var i = 0; i < 2; i++)
            slow.Add(await box.Client.OrderAsync(all, """{"format":"mp4","vc":1}"""));
        foreach (var id in slow)
            await box.Daemon.WaitAsync(() => box.Client.StatusAsync(id), s => s.GetProperty("state").GetInt32() == 1, "a slow export at work");
        var answers = await Task.WhenAll(Enumerable.Range(0, 17).Select(_ => box.Client.PostAsync(Two, """{"format":"mp4"}""")));
        var accepted = answers.Where(a => a.StatusCode == HttpStatusCode.Accepted).Select(a => a.Headers.Location!.OriginalString).ToList();
        Assert.Equal(16, accepted.Count);
        var refused = Assert.Single(answers, a => a.StatusCode == HttpStatusCode.ServiceUnavailable);
        Assert.Contains("Search query rejected. Too many requests.", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var location in slow.Select(id => $"/export/{id}").Concat(accepted))
            Assert.Equal(HttpStatusCode.NoContent, await box.Client.CodeAsync(HttpMethod.Delete, location));
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task The_box_API_takes_the_same_work_and_names_what_is_wrong_with_it()
    {
        var order = $$"""{"channel":"{{await box.Daemon.IdAsync("one")}}","from":"{{Text(10)}}","to":"{{Text(11)}}",""";
        foreach (var (more, member) in new[]
        {
            ("\"videoQuality\":7", "videoQuality"), ("\"audioQuality\":-1", "audioQuality"), ("\"keepOneOf\":3", "keepOneOf"), ("\"crop\":[0.5,0.5,0.5,0.9]", "crop"), ("\"crop\":[0,0,2,1]", "crop"),
            ("\"masks\":[[[0,0],[1,1]]]", "masks"), ("\"masks\":[null]", "masks"), ("\"masks\":[[[0,0],[1,1],[2,0]]]", "masks"), ("\"color\":\"red\"", "color"), ("\"width\":-1", "width"), ("\"format\":\"wmv\"", "format"),
        })
        {
            using var refused = await box.Daemon.Http.PostAsync("/api/v1/exports", Requests.Json($"{order}{more}}}"));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.StartsWith(member, JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        var answer = await box.Daemon.Http.PostAsync("/api/v1/exports", Requests.Json(
            $$"""{{order}}"masks":[[[0.5,0],[1,0],[1,1],[0.5,1]]],"crop":[0,0,1,0.5],"timeFormat":"%Y %H:%M:%S","color":"#FF0000","comment":"':%{n}\\ 闸门"}""")).BodyAsync(HttpStatusCode.Created);
        var id = answer.GetProperty("id").GetString()!;
        var done = await box.Daemon.WaitAsync(() => box.Daemon.GetAsync($"/api/v1/exports/{id}"), e => e.GetProperty("state").GetString() is not ("queued" or "running"), "the export", AxxonClient.Deadline);
        Assert.True(done.GetProperty("state").GetString() == "done", done.ToString());
        var name = Assert.Single(done.GetProperty("files").EnumerateArray()).GetProperty("name").GetString()!;
        var file = _directory.File("box.mp4");
        await File.WriteAllBytesAsync(file, await box.Daemon.Http.GetByteArrayAsync($"/api/v1/exports/{id}/files/{Uri.EscapeDataString(name)}"));
        var pictures = await Pictures.OfAsync(file, Width, Height / 2);
        Assert.InRange(pictures.Count, 24, 26);
        Assert.InRange(pictures.Luma(12, Width * 3 / 4, Height / 4), Black - 3, Black + 3);
    }

    private string Text(int second) => box.Start.AddSeconds(second).UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
