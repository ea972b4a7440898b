using System.Text;
using System.Text.Json;
using EdgeRecorder.Api.Cdvr;

namespace EdgeRecorder.Tests.Api.Cdvr;

public sealed class CdvrReadingTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    [Theory]
    [InlineData("2024-02-01 08:00:00")]
    [InlineData("2024/02/01 08:00:00")]
    [InlineData("2024-02-01T08:00:00")]
    [InlineData("2024-02-01 08:00:00.000")]
    [InlineData("2024-02-01T00:00:00Z")]
    [InlineData("2024-02-01T01:00:00+01:00")]
    [InlineData("20240201080000")]
    [InlineData("240201080000")]
    [InlineData("1706745600")]
    [InlineData("1706745600000")]
    public void Times_are_read_in_every_usual_form(string text)
        => Assert.Equal(new DateTimeOffset(2024, 2, 1, 0, 0, 0, TimeSpan.Zero), CdvrTime.Read(text, Zone));

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2024-02-30 08:00:00")]
    [InlineData("12345")]
    [InlineData("")]
    [InlineData("2024-02-01T25:00:00Z")]
    public void What_is_no_time_is_said_to_be_none(string text) => Assert.Null(CdvrTime.Read(text, Zone));

    [Fact]
    public void Times_are_written_in_the_zone_of_the_box() => Assert.Equal("2024-02-01 08:00:00", CdvrTime.Write(1_706_745_600_000_000, Zone));

    [Theory]
    [InlineData("013300001111", "1", 0, "0:13300001111:1")]
    [InlineData("13300001111", "01", 1, "0:13300001111:1")]
    [InlineData("34020000001110000001", "34020000001320000001", 2, "2:34020000001110000001:34020000001320000001")]
    [InlineData("gate", "2", 3, "3:gate:2")]
    public void A_device_has_one_name_however_it_is_written(string sim, string channel, int protocol, string id)
    {
        Assert.Null(CdvrDevice.Read(sim, channel, protocol, wantsChannel: true, out var device));
        Assert.Equal(id, device.ExternalId);
    }

    [Theory]
    [InlineData("12a", "1", 0, "invalid Sim")]
    [InlineData("000", "1", 0, "invalid Sim")]
    [InlineData("123456789012345678901", "1", 0, "invalid Sim")]
    [InlineData("3402", "34020000001320000001", 2, "invalid Sim")]
    [InlineData("34020000001110000001", "1", 2, "invalid Channel")]
    [InlineData("../x", "1", 3, "invalid Sim")]
    [InlineData("gate", "3", 3, "invalid Channel")]
    [InlineData("gate", "1", 4, "invalid Protocol")]
    public void What_names_no_device_is_named_by_its_field(string sim, string channel, int protocol, string note)
        => Assert.Equal(note, CdvrDevice.Read(sim, channel, protocol, wantsChannel: true, out _));

    [Fact]
    public void A_body_is_read_with_tolerance()
    {
        var items = CdvrBody.Batch(Encoding.UTF8.GetBytes("""{"SIM":13300001111,"Channel":2,"protocol":"1","more":{}, /* one alone */}"""));
        var item = Assert.Single(items);
        Assert.Equal(("13300001111", "2", 1, (string?)null), (item.Sim, Assert.Single(item.Channels!), item.Protocol, item.Error));
        Assert.Empty(CdvrBody.Batch("\uFEFF \n"u8.ToArray()));
        Assert.Equal("1706745600", CdvrBody.Query("""{"timeStart":1706745600}"""u8.ToArray()).Start);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("\"x\"")]
    [InlineData("[[1]]")]
    [InlineData("""[{"sim":{}}]""")]
    [InlineData("""[{"sim":"\ud800"}]""")]
    public void What_is_no_list_of_devices_is_no_request(string body) => Assert.ThrowsAny<JsonException>(() => CdvrBody.Batch(Encoding.UTF8.GetBytes(body)));
}
