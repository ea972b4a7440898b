using EdgeRecorder.Api.Security;
using EdgeRecorder.Cascade;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/platforms: those above that the box registers with as a device. They are set in the file.</summary>
internal static class PlatformEndpoints
{
    public static void MapPlatforms(this IEndpointRouteBuilder routes)
        => routes.MapGet("/platforms", List).WithTags("devices").RequireAuthorization(Roles.Viewer);

    private static JsonHttpResult<PlatformView[]> List(IPlatformStates states) => TypedResults.Json(states.Figures.Select(View).ToArray(), BoxJson.Default.PlatformViewArray);

    private static PlatformView View(PlatformFigures p)
        => new(p.ServerId, p.Host, p.Port, p.DeviceId, p.IsRegistered, p.Since, p.Detail, p.Registrations, p.Calls, p.CallsBegun, p.Subscriptions, p.Refused, p.Packets, p.Dropped);
}

/// <summary>A platform above as the API shows it.</summary>
/// <param name="ServerId">The platform's 20-digit code.</param>
/// <param name="DeviceId">Ours there.</param>
/// <param name="Detail">Why it is not registered; empty when there is nothing to say.</param>
/// <param name="Calls">Channels and footage that it takes now.</param>
/// <param name="Refused">Calls, subscriptions and documents of it that were not taken.</param>
/// <param name="Dropped">Pictures and sounds that it was too slow to take.</param>
internal sealed record PlatformView(string ServerId, string Host, int Port, string DeviceId, bool Registered, DateTimeOffset? Since, string Detail, long Registrations, int Calls, long CallsBegun,
    int Subscriptions, long Refused, long Packets, long Dropped);
