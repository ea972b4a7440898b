using System.Globalization;
using System.Text.Json;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/events: what happened, newest first.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder routes)
        => routes.MapGet("/events", List).WithTags("events").RequireAuthorization(Roles.Viewer);

    private static Results<JsonHttpResult<EventView[]>, ProblemHttpResult> List(
        string? limit, string? after, string? device, string? channel, string? from, string? to, HttpContext context, EventStore events, DeviceCatalog devices, ChannelCatalog channels)
    {
        var (start, end) = (default(DateTimeOffset), default(DateTimeOffset));
        if ((Paging.ReadLimit(limit, out var count) ?? (from is null ? null : Interval.ReadTime("from", from, out start)) ?? (to is null ? null : Interval.ReadTime("to", to, out end))) is { } wrong)
            return Problems.Bad(wrong);
        if (after is not null && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return Problems.Bad($"after: \"{after}\" is not an id of this list");
        if (device is not null && devices.Find(device) is null)
            return DeviceEndpoints.Unknown(device);
        var of = channel is null ? null : channels.Find(channel);
        if (channel is not null && of is null)
            return ChannelEndpoints.Unknown(channel);
        var rows = events.List(count + 1, after is null ? null : long.Parse(after, CultureInfo.InvariantCulture), device is null ? null : devices.Find(device)!.Number,
            of is null ? null : (of.Number, of.Device), from is null ? null : UtcTime.Us(start), to is null ? null : UtcTime.Us(end));
        return TypedResults.Json(Paging.Page(context, rows, count, r => r.Id.ToString(CultureInfo.InvariantCulture)).Select(r => View(r, devices, channels)).ToArray(), BoxJson.Default.EventViewArray);
    }

    public static EventView View(EventRow row, DeviceCatalog devices, ChannelCatalog channels) => new(
        row.Id.ToString(CultureInfo.InvariantCulture), row.Kind, UtcTime.At(row.FromUtcUs), row.ToUtcUs is { } end ? UtcTime.At(end) : null,
        row.DeviceNumber is { } device ? devices.Find(device)?.Id : null, row.ChannelNumber is { } channel ? channels.Find(channel)?.Id : null,
        row.DetailJson is { } json ? JsonDocument.Parse(json).RootElement : null);
}

/// <param name="Kind">emergency, collision, video-signal-lost …; the table is in docs/api.</param>
/// <param name="To">Null while it lasts.</param>
/// <param name="Channel">Null: the whole device's.</param>
/// <param name="Detail">What the device said beside it.</param>
internal sealed record EventView(string Id, string Kind, DateTimeOffset From, DateTimeOffset? To, string? Device, string? Channel, JsonElement? Detail);
