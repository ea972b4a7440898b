using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Conformance.Axxon;

/// <summary>What a media worker makes: other containers and pictures.</summary>
public sealed partial class AxxonTests
{
    [Fact]
    public async Task A20_a_copy_in_Matroska()
    {
        var id = await box.Client.OrderAsync(box.A01, """{"format":"mkv"}""");
        var name = Assert.Single(AxxonClient.Files(await box.Client.DoneAsync(id)));
        Assert.EndsWith(".mkv", name, StringComparison.Ordinal);
        using var answer = await box.Client.FileAsync(id, name);
        Assert.Equal("video/x-matroska", answer.Content.Headers.ContentType!.MediaType);
        var file = await box.Client.SaveAsync(id, name, _directory);
        await Tool.DecodesAsync(file);
        Assert.InRange(await AxxonClient.DurationAsync(file), 9.8, 11.2);
    }

    [Fact]
    public async Task AVI_holds_H264_and_is_refused_for_H265()
    {
        var status = await box.Client.DoneAsync(await box.Client.OrderAsync(box.A01, """{"format":"avi"}"""));
        await Tool.DecodesAsync(await box.Client.SaveAsync(status.GetProperty("id").GetString()!, Assert.Single(AxxonClient.Files(status)), _directory));
        await box.Client.RefusedAsync(AxxonBox.Archive(AxxonClient.Source(6), box.B, box.E), """{"format":"avi"}""", "format");
    }

    [Fact]
    public async Task A26_a_picture_of_one_instant()
    {
        var id = await box.Client.OrderAsync(AxxonBox.Archive(AxxonClient.Source(1), box.B, box.B), """{"format":"jpg"}""");
        var name = Assert.Single(AxxonClient.Files(await box.Client.DoneAsync(id)));
        Assert.EndsWith(".jpg", name, StringComparison.Ordinal);
        using var answer = await box.Client.FileAsync(id, name);
        Assert.Equal("image/jpeg", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal([0xFF, 0xD8], (await answer.Content.ReadAsByteArrayAsync())[..2]);

        var channel = await box.Daemon.IdAsync("one");
        var still = await box.Daemon.Http.GetByteArrayAsync($"/api/v1/channels/{channel}/still.jpg?width=320&at={Uri.EscapeDataString(box.Start.AddSeconds(10).ToString("O"))}");
        Assert.Equal([0xFF, 0xD8], still[..2]);
        Assert.Equal([0xFF, 0xD8], (await box.Daemon.Http.GetByteArrayAsync($"/api/v1/channels/{channel}/still.jpg"))[..2]);
    }
}
