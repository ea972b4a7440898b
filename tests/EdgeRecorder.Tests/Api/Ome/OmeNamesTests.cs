using EdgeRecorder.Api.Ome;
using EdgeRecorder.Files;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Tests.Api.Ome;

public sealed class OmeNamesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 4, 23, 5, 9, TimeSpan.Zero), End = new(2026, 1, 5, 0, 0, 1, TimeSpan.Zero);

    [Theory]
    [InlineData("${TransactionId}_${VirtualHost}_${Application}_${Stream}_${StartTime:YYYYMMDDhhmmss}_${EndTime:YYYYMMDDhhmmss}.ts", "bcUCyJeKuOGnsah3_default_app_cam1_20260104230509_20260105000001.ts")]
    [InlineData("/a/${StartTime:YYYY}/${StartTime:MM:DD}/${Sequence}.mp4", "a/2026/01_04/7.mp4")]
    [InlineData("${Host}/${SourceStream}/${Id}", "default/cam1/.._x_.._y")]
    [InlineData("${stream}${Unknown}${StartTime}${", "${stream}${Unknown}${StartTime}${")]
    [InlineData("${a b}/${Stream}", "${a b}/cam1")]
    [InlineData("..${Sequence}/x", "..7/x")]
    [InlineData("../x", null)]
    public void Macros_become_values_and_values_stay_inside_their_name(string template, string? expected)
        => Assert.Equal(expected, Names().Place(template, new NamedFileStart(7, Start), End)?.Relative);

    [Fact]
    public void The_end_stays_a_macro_until_it_is_known()
        => Assert.Equal("x_${EndTime:hh}.ts", Names().Place("x_${EndTime:hh}.ts", new NamedFileStart(0, Start), null)!.Relative);

    [Fact]
    public void Times_are_local_and_have_a_colon_in_today_s_dialect_only()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul");
        Assert.Equal("2026-01-05T08:05:09.000+0900", new OmeTime(zone, withColon: false).Text(Start));
        Assert.Equal("2026-01-05T08:05:09.000+09:00", new OmeTime(zone, withColon: true).Text(Start));
    }

    [Theory]
    [InlineData("Basic b21lLWFjY2Vzcy10b2tlbg==", null)]
    [InlineData("bAsIc b21lLWFjY2Vzcy10b2tlbg==", null)]
    [InlineData(null, "Authorization header is required to call API (401)")]
    [InlineData("Basic", "Invalid authorization header (401)")]
    [InlineData("Basic  b21lLWFjY2Vzcy10b2tlbg==", "Invalid authorization header (401)")]
    [InlineData("Basic b21lLWFjY2Vzcy10b2tlbg== x", "Invalid authorization header (401)")]
    [InlineData("Bearer b21lLWFjY2Vzcy10b2tlbg==", "Not supported credential type: Bearer (401)")]
    [InlineData("Basic ome-access-token", "Invalid credential format (401)")]
    [InlineData("Basic b21lLWFjY2Vzcy10b2tlbgA=", "Invalid credential (401)")]
    [InlineData("Basic b21lLWFjY2Vzcw==", "Invalid credential (401)")]
    public void Only_the_token_opens_the_door(string? header, string? expected)
        => Assert.Equal(expected, OmeAuthorization.Refusal(header, "ome-access-token", out _));

    [Fact]
    public void Tracks_of_both_streams_in_one_request_are_those_of_the_main_stream()
    {
        Assert.Equal(((byte)0, TrackChoice.All), OmeTracks.Of([], []));
        Assert.Equal(((byte)0, TrackChoice.Video), OmeTracks.Of([100], []));
        Assert.Equal(((byte)1, TrackChoice.All), OmeTracks.Of([201, 101], []));
        Assert.Equal(((byte)0, TrackChoice.Video), OmeTracks.Of([100, 201], []));
        Assert.Equal(((byte)0, TrackChoice.Audio), OmeTracks.Of([7], ["audio", "x"]));
        Assert.Null(OmeTracks.Of([7], []));
    }

    private static OmeNames Names() => new(new OmePlan { Id = "../x/..:y", VirtualHost = "default", Application = "app", Stream = "cam1", FilePath = "", InfoPath = "" }, "bcUCyJeKuOGnsah3", TimeZoneInfo.Utc, "/data");
}
