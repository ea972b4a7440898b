using System.Text.Json;
using EdgeRecorder.Api.Security;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;

namespace EdgeRecorder.Api;

/// <summary>Whether all listeners are open; set once the host has started.</summary>
internal sealed class Readiness
{
    public volatile bool ListenersOpen;
}

internal sealed record HealthView(string Status);

/// <summary>The box API (DESIGN section 6): /api/v1, /healthz, /metrics, the OpenAPI document, and the page.</summary>
internal static class BoxApi
{
    public static IServiceCollection AddBoxApi(this IServiceCollection services)
    {
        services.AddRoutingCore();                             // without the regular expressions that no route of ours uses
        services.AddBoxAuthentication();
        services.AddProblemDetails();
        services.Configure<JsonOptions>(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, BoxJson.Default);
            json.SerializerOptions.Converters.Add(new UtcConverter());
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
        });
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);          // its message names the field; the handler below shows it
        services.AddDocument();
        services.AddLive();
        services.AddSingleton<Readiness>().AddSingleton<Throttle>().AddSingleton<Credentials>().AddSingleton<Sessions>();
        return services;
    }

    public static void MapBoxApi(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = AnswerAsync, SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException });
        app.UseStatusCodePages();
        app.Use((context, next) =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";      // whatever we send is what its Content-Type says
            return next(context);
        });
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(15), KeepAliveTimeout = TimeSpan.FromSeconds(15) });
        app.UseAuthentication();
        app.UseAuthorization();
        var api = app.MapGroup("/api/v1");
        api.MapChannels();
        api.MapFootage();
        api.MapPlayback();
        api.MapLive();
        api.MapLivePlaylists();
        api.MapRecordings();
        api.MapSchedules();
        api.MapLocks();
        api.MapExports();
        api.MapStills();
        api.MapDevices();
        api.MapDeviceFootage();
        api.MapDeviceCatalog();
        api.MapDeviceCommands();
        api.MapPlatforms();
        api.MapEvents();
        api.MapPtz();
        api.MapPanel();
        api.MapAccounts();
        api.MapSystem();
        api.MapReserved();
        app.MapGet("/healthz", Health).AllowAnonymous().WithTags("system");
        app.MapMetrics();
        app.MapPage();
        app.MapDocument().RequireAuthorization(Roles.Viewer);
    }

    private static Results<JsonHttpResult<HealthView>, ProblemHttpResult> Health(Readiness readiness, InitialPassword password)
        => !readiness.ListenersOpen ? Problems.Of(StatusCodes.Status503ServiceUnavailable, "not all listeners are open")
            : !password.IsKnown ? Problems.Of(StatusCodes.Status503ServiceUnavailable, $"{Path.GetFileName(password.Path)} is gone and the password was never changed; restart the daemon for a new one")
            : TypedResults.Json(new HealthView("ok"), BoxJson.Default.HealthView);

    // A body that does not fit is the caller's fault and says where; anything else is ours, logged, and says nothing of the inside.
    private static Task AnswerAsync(HttpContext context)
    {
        var fault = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var problem = fault is BadHttpRequestException bad
            ? Problems.Of(bad.StatusCode, bad.InnerException is JsonException json ? $"body: {json.Message.Split(" | LineNumber", 2)[0]}" : bad.Message)
            : Problems.Of(StatusCodes.Status500InternalServerError, "a fault in the recorder; its log has the details");
        return problem.ExecuteAsync(context);
    }
}
